import { countIndexes, type Interval, parseIndexes } from './indexes.js';
import type { SuccessPolicy } from './job-spec.js';

/** Why a Job counts as done before all indexes are: the first rule that is met; undefined if none is (success_policy.go). */
export const matchSuccessPolicy = (
  policy: SuccessPolicy | null | undefined,
  completions: number,
  succeeded: readonly Interval[],
): string | undefined => {
  if (succeeded.length === 0) return undefined;
  const index = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const count = succeededCount ?? Number.POSITIVE_INFINITY;
    if (succeededIndexes === undefined || succeededIndexes === null) return countIndexes(succeeded) >= count;
    const required = parseIndexes(succeededIndexes, completions);
    if (required.length === 0) return false;
    const met = countCommon(required, succeeded);
    return met === countIndexes(required) || met >= count;
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
};

const countCommon = (a: readonly Interval[], b: readonly Interval[]): number => {
  let common = 0;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [[firstA, lastA], [firstB, lastB]] = [a[i]!, b[j]!];
    common += Math.max(Math.min(lastA, lastB) - Math.max(firstA, firstB) + 1, 0);
    if (lastB <= lastA) j += 1;
    if (lastA <= lastB) i += 1;
  }
  return common;
};
