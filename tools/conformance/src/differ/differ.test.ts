import { startApiServer } from '@solo-kubelet/api-server';
import { describe, expect, it } from 'vitest';
import {
  askQuestion,
  classOf,
  createRandom,
  createServer,
  firstDifference,
  isWords,
  learnedPool,
  normalise,
  playScript,
  printsStructure,
  QUESTIONS,
  readCorpus,
  withoutStrayDirectives,
} from './index.mjs';

const corpus = readCorpus([], []);
const pool = learnedPool(corpus);
const ask = (kind: string, seed: number) => askQuestion(kind, { random: createRandom(seed), pool, corpus });

describe('questions', () => {
  it.each(Object.keys(QUESTIONS))('of %s are the same from the same seed', (kind) => {
    expect(ask(kind, 7)).toEqual(ask(kind, 7));
    expect(ask(kind, 7).steps.length).toBeGreaterThan(0);
  });
});

/** The lists whose items a strategic patch may tell what to do; the server that is compared with ends its connection at others. */
const MERGED =
  /^(containers|initContainers|ephemeralContainers|volumes|env|volumeMounts|volumeDevices|imagePullSecrets|secrets|hostAliases|topologySpreadConstraints|conditions|ownerReferences|ports)$/;

const strayDirectives = (value: unknown, list = '', isStray = false): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => strayDirectives(item, list, isStray || !MERGED.test(list)));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key.startsWith('$')) return isStray ? [`${list}: ${key}`] : [];
    return strayDirectives(inner, key, isStray);
  });
};

it('no strategic patch has directives inside lists whose items are not merged', () => {
  for (let seed = 0; seed < 300; seed++) {
    for (const { body, headers } of ask('patch-strategic', seed).steps)
      if (headers?.['Content-Type']?.includes('strategic')) expect(strayDirectives(body)).toEqual([]);
  }
  const body = { spec: { tolerations: [{ $patch: 'delete', key: 'a' }], containers: [{ $patch: 'delete', name: 'c' }] } };
  expect(withoutStrayDirectives(body)).toEqual({ spec: { tolerations: [{ key: 'a' }], containers: [{ $patch: 'delete', name: 'c' }] } });
});

describe('two servers', () => {
  it('of one kind answer alike but for identities, and what differs is found', async () => {
    const users = new Map([['t', { username: 'admin', groups: ['system:masters'] }]]);
    await using first = await startApiServer({ users });
    await using second = await startApiServer({ users });
    const play = async (url: string, script: ReturnType<typeof ask>, ns: string) => {
      const server = createServer(url, { admin: 't' });
      try {
        return normalise(await playScript(server, script, { ns, nowMs: 0 }), { sent: JSON.stringify(script.steps), ns });
      } finally {
        server.close();
      }
    };
    for (const kind of [
      'create',
      'update',
      'patch-json',
      'patch-strategic',
      'patch-apply',
      'table',
      'delete',
      'scale',
      'stories',
      'immutables',
    ]) {
      const script = ask(kind, 11);
      const [theirs, ours] = [await play(first.url, script, `n-${kind}`), await play(second.url, script, `n-${kind}`)];
      expect([kind, firstDifference(theirs, ours)]).toEqual([kind, undefined]);
    }
    const path = '/api/v1/namespaces/{{ns}}/configmaps';
    const script = (value: string) => ({ steps: [{ method: 'POST', path, body: { metadata: { name: 'x' }, data: { a: value } } }] });
    const difference = firstDifference(await play(first.url, script('1'), 'n'), await play(second.url, script('2'), 'n'));
    expect(difference).toEqual({ path: '[0].body.data.a', theirs: '1', ours: '2' });
    expect(isWords(difference)).toBe(false);
    expect(printsStructure({ path: '', theirs: 'Invalid value: {"A":1}', ours: 'Invalid value: {"a":1}' })).toBe(true);
    expect(printsStructure({ path: '', theirs: 'Invalid value: "a"', ours: 'Invalid value: "b"' })).toBe(false);
    expect(classOf(difference, 'create')).toBe('create [].body.data.a "0" "0"');
  }, 60_000);
});
