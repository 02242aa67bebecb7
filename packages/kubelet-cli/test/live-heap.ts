import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is still referred to after full collections, bytes. Some objects need another turn before they can go. */
export const liveBytes = async (): Promise<number> => {
  for (let round = 0; round < 6; round += 1) {
    collect();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed;
};

/** Does something `count` times, up to `atOnce` at a time. */
export const repeat = async (count: number, atOnce: number, once: () => Promise<unknown>): Promise<void> => {
  for (let left = count; left > 0; left -= atOnce) await Promise.all(Array.from({ length: Math.min(left, atOnce) }, once));
};

export interface GrowthOptions {
  /** How often it is done before and after the first look; a quarter of it before. */
  readonly count: number;
  readonly atOnce: number;
  /** Lets go of what the test itself collects, and waits for what ends a moment later. */
  readonly forget?: () => void | Promise<void>;
}

/** What each turn of something leaves behind in the heap, bytes. */
export const growthOf = async (once: () => Promise<unknown>, { count, atOnce, forget = () => {} }: GrowthOptions): Promise<number> => {
  await repeat(Math.ceil(count / 4), atOnce, once);
  await forget();
  const before = await liveBytes();
  await repeat(count, atOnce, once);
  await forget();
  return ((await liveBytes()) - before) / count;
};
