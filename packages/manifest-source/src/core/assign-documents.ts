import type { ApiObject } from '@solo-kubelet/object-spec';
import type { GoodVersion, Problem, Slot } from './slot.js';

/** One document as parsed just now. A failed one may still tell which Pod or object it is about. */
export type ParsedDocument =
  | {
      readonly type: 'good';
      readonly good: GoodVersion;
      /** What the document comes to as a change of an object that was accepted before. */
      readonly asUpdateOf?: (old: ApiObject) => ParsedDocument;
    }
  | { readonly type: 'bad'; readonly problem: Problem; readonly key: string | undefined };

const keyOf = (parsed: ParsedDocument): string | undefined => (parsed.type === 'good' ? parsed.good.key : parsed.key);

/**
 * Gives every document of a file its slot: by the Pod's name first, then bad documents by their place, so that a Pod keeps its origin
 * while documents are added, removed or reordered around it. While any document of the file is bad no slot with a good version is
 * given up: a syntax error may have swallowed documents.
 */
export const assignDocuments = (previous: readonly Slot[], documents: readonly ParsedDocument[]): readonly Slot[] => {
  const free = new Map(previous.filter((slot) => slot.good !== undefined).map((slot) => [slot.document, slot]));
  const byKey = new Map([...free.values()].toReversed().map((slot) => [slot.good?.key, slot]));
  const taken = new Map<number, Slot>();
  const rest: { parsed: ParsedDocument; position: number }[] = [];
  const firstProblem = documents.find((parsed) => parsed.type === 'bad')?.problem;

  documents.forEach((parsed, position) => {
    const key = keyOf(parsed);
    const match = key === undefined ? undefined : byKey.get(key);
    if (match === undefined || !free.has(match.document)) {
      rest.push({ parsed, position });
      return;
    }
    free.delete(match.document);
    taken.set(match.document, renew(match, parsed));
  });

  for (const { parsed, position } of rest.filter((one) => one.parsed.type === 'bad' && one.parsed.key === undefined)) {
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

const renew = (slot: Slot, given: ParsedDocument): Slot => {
  const before = slot.good;
  const parsed = asChange(before, given);
  if (parsed.type === 'bad') return { ...slot, problem: parsed.problem };
  const claimedAtMs = before?.key === parsed.good.key ? before.claimedAtMs : parsed.good.claimedAtMs;
  return { document: slot.document, good: { ...parsed.good, claimedAtMs } };
};

/** An object that is there already is changed, with the rules for that; an unchanged one is what it was. */
const asChange = (before: GoodVersion | undefined, parsed: ParsedDocument): ParsedDocument => {
  if (parsed.type === 'bad' || parsed.asUpdateOf === undefined) return parsed;
  if (before?.asked.type !== 'object' || before.key !== parsed.good.key) return parsed;
  if (before.content === parsed.good.content) {
    return { ...parsed, good: { ...parsed.good, asked: before.asked, fingerprint: before.fingerprint } };
  }
  return parsed.asUpdateOf(before.asked.object);
};

const smallestFree = (taken: ReadonlyMap<number, Slot>): number => {
  let document = 0;
  while (taken.has(document)) document += 1;
  return document;
};
