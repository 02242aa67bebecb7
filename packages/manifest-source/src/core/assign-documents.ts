import type { GoodVersion, Problem, Slot } from './slot.js';

/** One document as parsed just now. A failed one may still tell which Pod it is about. */
export type ParsedDocument =
  | { readonly type: 'good'; readonly good: GoodVersion }
  | { readonly type: 'bad'; readonly problem: Problem; readonly podKey: string | undefined };

const keyOf = (parsed: ParsedDocument): string | undefined => (parsed.type === 'good' ? parsed.good.podKey : parsed.podKey);

/**
 * Gives every document of a file its slot: by the Pod's name first, then bad documents by their place, so that a Pod keeps its origin
 * while documents are added, removed or reordered around it. While any document of the file is bad no slot with a good version is
 * given up: a syntax error may have swallowed documents.
 */
export const assignDocuments = (previous: readonly Slot[], documents: readonly ParsedDocument[]): readonly Slot[] => {
  const free = new Map(previous.filter((slot) => slot.good !== undefined).map((slot) => [slot.document, slot]));
  const taken = new Map<number, Slot>();
  const rest: { parsed: ParsedDocument; position: number }[] = [];
  const firstProblem = documents.find((parsed) => parsed.type === 'bad')?.problem;

  documents.forEach((parsed, position) => {
    const key = keyOf(parsed);
    const match = key === undefined ? undefined : [...free.values()].find((slot) => slot.good?.podKey === key);
    if (match === undefined) {
      rest.push({ parsed, position });
      return;
    }
    free.delete(match.document);
    taken.set(match.document, renew(match, parsed));
  });

  for (const { parsed, position } of rest.filter((one) => one.parsed.type === 'bad' && one.parsed.podKey === undefined)) {
    const match = free.get(position) ?? free.values().next().value;
    if (match === undefined) continue;
    free.delete(match.document);
    taken.set(match.document, renew(match, parsed));
    rest.splice(
      rest.findIndex((one) => one.position === position),
      1,
    );
  }

  if (firstProblem !== undefined) {
    for (const slot of free.values()) taken.set(slot.document, { ...slot, problem: firstProblem });
  }
  for (const { parsed, position } of rest) {
    const document = taken.has(position) ? smallestFree(taken) : position;
    taken.set(document, renew({ document }, parsed));
  }
  return [...taken.values()].sort((a, b) => a.document - b.document);
};

const renew = (slot: Slot, parsed: ParsedDocument): Slot => {
  if (parsed.type === 'bad') return { ...slot, problem: parsed.problem };
  const before = slot.good;
  const claimedAtMs = before?.podKey === parsed.good.podKey ? before.claimedAtMs : parsed.good.claimedAtMs;
  return { document: slot.document, good: { ...parsed.good, claimedAtMs } };
};

const smallestFree = (taken: ReadonlyMap<number, Slot>): number => {
  let document = 0;
  while (taken.has(document)) document += 1;
  return document;
};
