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
  /** How often it is done in a round; a quarter of it before the first look. */
  readonly count: number;
  readonly atOnce: number;
  /** Growth that needs no second look, bytes for each turn. */
  readonly enough: number;
  /** Lets go of what the test itself collects, and waits for what ends a moment later. */
  readonly forget?: () => void | Promise<void>;
}

/** What grows by something else, once, is not in every round; what each turn leaves behind is. */
const ROUNDS = 4;

/**
 * What each turn of something leaves behind in the heap, bytes: the smallest of up to four rounds, and no more rounds than it takes to
 * get below `enough`. Code that is compiled or thrown away in the middle, and pools that grow once, move single rounds by a megabyte.
 */
export const growthOf = async (
  once: () => Promise<unknown>,
  { count, atOnce, enough, forget = () => {} }: GrowthOptions,
): Promise<number> => {
  await repeat(Math.ceil(count / 4), atOnce, once);
  await forget();
  let smallest = Number.POSITIVE_INFINITY;
  let before = await liveBytes();
  for (let round = 0; round < ROUNDS && smallest >= enough; round += 1) {
    await repeat(count, atOnce, once);
    await forget();
    const after = await liveBytes();
    smallest = Math.min(smallest, (after - before) / count);
    before = after;
  }
  return smallest;
};
