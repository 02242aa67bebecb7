import { goQuote } from '@solo-kubelet/pod-spec/schema';

/** Wide enough for any number of Go's int, and no wider. */
const wholeNumber = /^[-+]?\d{1,18}$/;

/** How many indexes a text such as `0,2-4` names, or what is wrong with it, in upstream's words. */
export const parseJobIndexes = (text: string, completions: number): number | string => {
  if (text === '') return 0;
  let last: number | undefined;
  let total = 0;
  for (const fragment of text.split(',')) {
    const interval = parseInterval(fragment, completions);
    if (typeof interval === 'string') return interval;
    const [first, end] = interval;
    if (last !== undefined && last >= first) return `non-increasing order, previous: ${last}, current: ${first}`;
    total += end - first + 1;
    last = end;
  }
  return total;
};

/** One fragment of such a text. */
export const parseInterval = (fragment: string, completions: number): readonly [first: number, last: number] | string => {
  const limits = fragment.split('-');
  if (limits.length > 2) {
    return `the fragment ${goQuote(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const numbers: number[] = [];
  for (const limit of limits) {
    if (!wholeNumber.test(limit)) return `cannot convert string to integer for index: ${goQuote(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${goQuote(limit)}`;
    numbers.push(Number(limit));
  }
  const [first = 0, last] = numbers;
  if (last === undefined) return [first, first];
  return first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
};
