import { type CriClient, CriError, type StatusResponse } from '@solo-kubelet/cri-client';
import { describe, expect, it } from 'vitest';
import { runtimeHandlers } from './runtime-handlers.js';

type Answer = Pick<StatusResponse, 'runtimeHandlers' | 'info'> & Partial<StatusResponse>;

/** A runtime that gives each answer once, and the last one for ever. */
const answering = (...answers: readonly (Answer | Error)[]) => {
  let asked = 0;
  const status = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)] as Answer | Error;
    asked += 1;
    if (answer instanceof Error) throw answer;
    return { status: undefined, features: undefined, ...answer };
  };
  return { runtime: { status: status as CriClient['runtime']['status'] }, asked: () => asked };
};
const reported = (...names: readonly string[]): Answer => ({
  runtimeHandlers: names.map((name) => ({ name, features: { recursiveReadOnlyMounts: true, userNamespaces: name === 'crun' } })),
  info: {},
});
/** As containerd 1.x: it reports none, and tells its configuration. */
const configured = (...names: readonly string[]): Answer => ({
  runtimeHandlers: [],
  info: { config: JSON.stringify({ containerd: { runtimes: Object.fromEntries(names.map((name) => [name, {}])) } }) },
});
const settled = () => new Promise((resolve) => setImmediate(resolve));
const signal = new AbortController().signal;

describe('runtimeHandlers', () => {
  it.each([
    ['reports', reported('', 'runc', 'crun')],
    ['has in its configuration, as containerd before 2.0,', configured('runc', 'crun')],
  ])('finds those that the runtime %s and no other', async (_, answer) => {
    const handlers = await runtimeHandlers(answering(answer), { signal });
    expect(['runc', 'crun', 'kata', 'constructor'].map(handlers.find)).toEqual(['runc', 'crun', undefined, undefined]);
  });

  it('leaves every name to a runtime that tells of none', async () => {
    const handlers = await runtimeHandlers(answering({ runtimeHandlers: [], info: { config: 'no JSON' } }), { signal });
    expect(handlers.find('kata')).toBe('kata');
    expect(handlers.featuresOf('kata')).toBeUndefined();
  });

  it('knows what each can', async () => {
    const handlers = await runtimeHandlers(answering(reported('', 'runc', 'crun')), { signal });
    expect(['', 'crun', 'kata'].map((name) => handlers.featuresOf(name)?.userNamespaces)).toEqual([false, true, undefined]);
  });

  it('finds one that the runtime was given later from the second look on, with what it can', async () => {
    const cri = answering(reported('', 'runc'), reported('', 'runc', 'crun'));
    const handlers = await runtimeHandlers(cri, { signal });
    expect([handlers.find('crun'), handlers.find('crun')]).toEqual([undefined, undefined]);
    expect(cri.asked()).toBe(2);
    await settled();
    expect(handlers.find('crun')).toBe('crun');
    expect(handlers.featuresOf('crun')?.userNamespaces).toBe(true);
    expect(cri.asked()).toBe(2);
  });

  it('believes what the runtime said last while it does not answer, and nothing once the kubelet ends', async () => {
    const away = new CriError({ code: 'CRI_UNAVAILABLE', message: 'gone', method: 'Status', retryable: true });
    const stop = new AbortController();
    const cri = answering(reported('', 'runc'), away, reported('', 'runc', 'crun'));
    const handlers = await runtimeHandlers(cri, { signal: stop.signal });
    expect(handlers.find('crun')).toBeUndefined();
    await settled();
    expect(handlers.find('runc')).toBe('runc');
    stop.abort();
    expect(handlers.find('crun')).toBeUndefined();
    await settled();
    expect(cri.asked()).toBe(2);
  });
});
