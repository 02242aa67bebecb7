/** The candidate fewest edits away from what was typed; undefined when none is close enough to be meant. */
export const nearest = (typed: string, candidates: readonly string[]): string | undefined => {
  const limit = Math.max(2, Math.floor(typed.length / 3));
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((left, right) => left.distance - right.distance || left.candidate.localeCompare(right.candidate));
  return best?.candidate;
};

const editDistance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length]!;
};
