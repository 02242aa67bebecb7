import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collectWhenCalm } from './collect-when-calm.js';

const MEBIBYTE = 1 << 20;
let heap: { mebibytes: number; needed: number; busy: number; collected: number };
let stopping: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  heap = { mebibytes: 70, needed: 40, busy: 0.02, collected: 0 };
  stopping = new AbortController();
  collectWhenCalm({
    signal: stopping.signal,
    heap: {
      size: () => heap.mebibytes * MEBIBYTE,
      busy: () => heap.busy,
      collect: () => {
        heap.collected += 1;
        heap.mebibytes = heap.needed;
      },
    },
  });
});
afterEach(() => void vi.useRealTimers());

const look = (): void => void vi.advanceTimersByTime(10_000);

it('collects once after a busy time, when it is over', () => {
  heap.busy = 0.5;
  look();
  expect(heap.collected).toBe(0);
  heap.busy = 0.02;
  look();
  expect(heap.collected).toBe(1);
  vi.advanceTimersByTime(3_600_000);
  expect(heap.collected).toBe(1);
});

it('collects again when the heap has grown by what is worth it, and not where V8 itself has made it smaller meanwhile', () => {
  look();
  heap.mebibytes = 55;
  look();
  expect(heap.collected).toBe(1);
  heap.mebibytes = 56;
  look();
  expect(heap.collected).toBe(2);
  heap.mebibytes = 30;
  look();
  heap.mebibytes = 46;
  look();
  expect(heap.collected).toBe(3);
});

it('does nothing more when the kubelet stops', () => {
  stopping.abort();
  vi.advanceTimersByTime(60_000);
  expect(heap.collected).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

/** A process that leaves some 150 MiB of garbage behind, and tells what V8 holds afterwards; its timers run a thousand times as fast. */
const LEAVES_GARBAGE = `
  import { getHeapStatistics } from 'node:v8';
  const { setTimeout: wait } = globalThis;
  globalThis.setTimeout = (callback, ms, ...rest) => wait(callback, ms / 1_000, ...rest);
  const { collectWhenCalm } = await import(${JSON.stringify(new URL('./collect-when-calm.ts', import.meta.url).href)});
  let garbage = Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: 'x' + index }));
  garbage = undefined;
  const size = () => getHeapStatistics().total_heap_size;
  const before = size();
  if (process.env.COLLECTS) collectWhenCalm({ signal: new AbortController().signal });
  wait(() => console.log(JSON.stringify({ before, after: size() })), 500);
`;

it('gives memory of the real process back', async () => {
  vi.useRealTimers();
  const run = async (env: Readonly<Record<string, string>>): Promise<{ before: number; after: number }> => {
    const options = { cwd: fileURLToPath(new URL('.', import.meta.url)), env: { ...process.env, NODE_OPTIONS: '', ...env } };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@solo-kubelet/source', '--import', 'tsx', '--input-type=module', '-e', LEAVES_GARBAGE],
      options,
    );
    return JSON.parse(stdout);
  };
  const [without, collected] = [await run({}), await run({ COLLECTS: '1' })];
  expect(without.after).toBeGreaterThan(without.before - 8 * MEBIBYTE);
  expect(collected.after).toBeLessThan(collected.before - 16 * MEBIBYTE);
}, 30_000);
