export interface Held<Candidate> {
  readonly candidate: Candidate;
  /** Bytes or inodes that come back when it goes; undefined: nobody knows. */
  readonly amount: number | undefined;
}

/**
 * Of those that would go one after another until nothing is missing, without those that would go in vain: the others give back enough alone. What is
 * spared is the least first; of whom nobody knows anything nobody is spared. All of them when even all together give back too little.
 */
export const withoutNeedless = <Candidate>(ranked: readonly Held<Candidate>[], missing: number): readonly Candidate[] => {
  let left = -missing;
  const going: Held<Candidate>[] = [];
  for (const held of ranked) {
    if (left >= 0) break;
    going.push(held);
    left += held.amount ?? 0;
  }
  if (left < 0) return ranked.map(({ candidate }) => candidate);
  const needless = new Set<Held<Candidate>>();
  for (const held of [...going].sort((a, b) => (a.amount ?? 0) - (b.amount ?? 0))) {
    if (held.amount === undefined || held.amount > left) continue;
    needless.add(held);
    left -= held.amount;
  }
  return going.filter((held) => !needless.has(held)).map(({ candidate }) => candidate);
};
