import { atoi } from '../go-integers.js';

/** Indexes of an Indexed Job, from the first to the last. One that was read as `3-1` is kept so, and counts -1. */
export type Interval = readonly [first: number, last: number];

/** Reads `1,3-5,7`; what cannot be read is passed over, what is beyond `completions` cut off (indexed_job_utils.go). */
export const parseIndexes = (text: string, completions: number): readonly Interval[] => {
  const intervals: [number, number][] = [];
  if (text === '') return intervals;
  for (const part of text.split(',')) {
    const [firstText = '', lastText] = part.split('-');
    const first = atoi(firstText);
    if (!first.ok) continue;
    if (first.value >= completions) break;
    const last = lastText === undefined ? first : atoi(lastText);
    if (!last.ok) continue;
    const end = lastText === undefined ? last.value : Math.min(last.value, completions - 1);
    const previous = intervals.at(-1);
    if (previous !== undefined && previous[1] === first.value - 1) previous[1] = end;
    else intervals.push([first.value, end]);
  }
  return intervals;
};

/** `1,3-5,7`; two neighbours print as `1,2`. */
export const formatIndexes = (intervals: readonly Interval[]): string =>
  intervals.map(([first, last]) => (last > first ? `${first}${last === first + 1 ? ',' : '-'}${last}` : `${first}`)).join(',');

export const countIndexes = (intervals: readonly Interval[]): number => intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);

export const hasIndex = (intervals: readonly Interval[], index: number): boolean =>
  intervals.some(([first, last]) => first <= index && index <= last);

export const mergeIndexes = (a: readonly Interval[], b: readonly Interval[]): readonly Interval[] => {
  const merged: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && a[i]![0] < b[j]![0]);
    const [first, last] = fromA ? a[i]! : b[j]!;
    if (fromA) i += 1;
    else j += 1;
    const previous = merged.at(-1);
    if (previous === undefined || first > previous[1] + 1) merged.push([first, last]);
    else previous[1] = Math.max(previous[1], last);
  }
  return merged;
};

export const withIndexes = (intervals: readonly Interval[], indexes: Iterable<number>): readonly Interval[] =>
  mergeIndexes(
    intervals,
    [...new Set(indexes)].sort((a, b) => a - b).map((index) => [index, index]),
  );

/** The lowest indexes, at most `count`, that are not among `taken`. */
export const pendingIndexes = (taken: readonly Interval[], completions: number, count: number): readonly number[] => {
  const pending: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...taken, [completions, completions] as const]) {
    for (; candidate < Math.min(first, completions) && pending.length < count; candidate += 1) pending.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return pending;
};
