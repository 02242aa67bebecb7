import { describe, expect, it } from 'vitest';
import { batchCalls, singleflight, waitFor } from './shared-calls.js';

/** A call whose answers are given by hand. */
const byHand = () => {
  const calls: { readonly key: string | undefined; readonly answer: (value: string) => void; readonly fail: (error: Error) => void }[] = [];
  const call = (key: string | undefined): Promise<string> =>
    new Promise((answer, fail) => {
      calls.push({ key, answer, fail });
    });
  return { calls, call };
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls in batches', () => {
  it('asks at once, and for that key alone, when nothing runs', async () => {
    const { calls, call } = byHand();
    const ask = batchCalls(call);
    const first = ask('a');
    expect(calls.map(({ key }) => key)).toEqual(['a']);
    calls[0]!.answer('A');
    expect(await first).toBe('A');
    await settled();
    void ask('b');
    expect(calls.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('gives nobody an answer to a question from before', async () => {
    const { calls, call } = byHand();
    const ask = batchCalls(call);
    void ask('a');
    const later = [ask('b'), ask('c'), ask('b')];
    await settled();
    expect(calls).toHaveLength(1);
    calls[0]!.answer('old');
    await settled();
    expect(calls.map(({ key }) => key)).toEqual(['a', undefined]);
    calls[1]!.answer('new');
    expect(await Promise.all(later)).toEqual(['new', 'new', 'new']);
  });

  it('asks for one key when all who wait want that one', async () => {
    const { calls, call } = byHand();
    const ask = batchCalls(call);
    void ask(undefined);
    void ask('b');
    void ask('b');
    calls[0]!.answer('');
    await settled();
    expect(calls.map(({ key }) => key)).toEqual([undefined, 'b']);
  });

  it('goes on after a failure, which only those hear who asked for it', async () => {
    const { calls, call } = byHand();
    const ask = batchCalls(call);
    const first = ask('a');
    const second = ask('b');
    calls[0]!.fail(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await settled();
    calls[1]!.answer('B');
    expect(await second).toBe('B');
    void ask('c');
    expect(calls.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });
});

describe('joined calls', () => {
  it('answer all who ask meanwhile with one call', async () => {
    const { calls, call } = byHand();
    const ask = singleflight(() => call('status'));
    const both = [ask(), ask()];
    expect(calls).toHaveLength(1);
    calls[0]!.answer('ready');
    expect(await Promise.all(both)).toEqual(['ready', 'ready']);
    void ask();
    expect(calls).toHaveLength(2);
  });
});

describe('waiting for shared work', () => {
  it('ends with the signal, and leaves the work alone', async () => {
    const { calls, call } = byHand();
    const work = call('a');
    const controller = new AbortController();
    const waiting = waitFor(work, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    calls[0]!.answer('A');
    expect(await waitFor(work, new AbortController().signal)).toBe('A');
  });
});
