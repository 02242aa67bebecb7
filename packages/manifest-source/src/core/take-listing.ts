import { assertNever } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '../manifest-event.js';
import { assignDocuments } from './assign-documents.js';
import { diffSlots } from './diff-slots.js';
import type { ListedEntry, Listing } from './listing.js';
import { objectUid } from './object-uid.js';
import { looksComplete, type ParseContext, parseDocuments } from './parse-documents.js';
import { type GoodVersion, problemOf, type Slot } from './slot.js';
import type { FileState, SourceState } from './source-state.js';

export interface ListingRules extends Omit<ParseContext, 'source'> {
  /** How long a content must stay as it is before a failure in it, or a loss of documents, is believed, ms. */
  readonly settleMs: number;
  /** How long a file must be gone before its Pods are, ms: editors rename a file away and write it anew. */
  readonly removalSettleMs: number;
  /** The same after the directory itself came back or was replaced, ms. */
  readonly replacementSettleMs: number;
  /** The identity that somebody has already given to an object that is about to come, by its key. Default: nobody has. */
  readonly newUidOf?: (key: string) => string | undefined;
  /** Whether a content of which any document can't be used changes nothing at all. Default: the other documents count. */
  readonly whole?: boolean;
  /** How soon to look again while the source can't be read, ms; undefined leaves that to whoever asks for looks. */
  readonly failedRecheckMs: number | undefined;
}

export interface ListingStep {
  readonly state: SourceState;
  readonly events: readonly ManifestEvent[];
  /** When the core wants to look again without being told, ms. */
  readonly recheckAfterMs: number | undefined;
}

/** Interprets one listing: the only place that decides what a source asks for. Never takes away on less than a successful listing. */
export const takeListing = (state: SourceState, listing: Listing, rules: ListingRules): ListingStep => {
  switch (listing.type) {
    case 'listed':
      return takeEntries(state, listing, rules);
    case 'unchanged':
      return announce({ ...state, failure: undefined }, recovery(state), { sync: true });
    case 'missing':
      return takeMissing(state, listing, rules);
    case 'failed':
      return takeFailure(state, listing.message, {
        sync: listing.useStored && state.files.size > 0,
        recheckAfterMs: rules.failedRecheckMs,
      });
    default:
      return assertNever(listing);
  }
};

const takeMissing = (state: SourceState, { atMs, parentMissing }: Listing & { type: 'missing' }, rules: ListingRules): ListingStep => {
  const wasDirectory = state.kind === 'directory';
  if (wasDirectory || (state.kind === 'file' && parentMissing)) {
    const message = wasDirectory
      ? `${state.path}: the directory is gone; its Pods keep running (an empty directory would remove them)`
      : `${state.path}: the directory of the file is gone; its Pods keep running`;
    return takeFailure(state, message, { sync: true, recheckAfterMs: rules.failedRecheckMs });
  }
  const step = takeEntries(state, { type: 'listed', atMs, kind: 'file', entries: [] }, rules);
  return {
    ...step,
    state: { ...step.state, kind: state.kind },
    recheckAfterMs: step.recheckAfterMs ?? rules.failedRecheckMs,
  };
};

const takeFailure = (
  state: SourceState,
  message: string,
  { sync, recheckAfterMs }: { sync: boolean; recheckAfterMs: number | undefined },
): ListingStep => {
  const { source, path } = state;
  const said: readonly ManifestEvent[] = state.failure === message ? [] : [{ type: 'sourceFailed', source, path, message }];
  return { ...announce({ ...state, failure: message }, said, { sync }), recheckAfterMs };
};

const recovery = ({ source, path, failure }: SourceState): readonly ManifestEvent[] =>
  failure === undefined ? [] : [{ type: 'sourceRecovered', source, path }];

const takeEntries = (state: SourceState, listing: Listing & { type: 'listed' }, rules: ListingRules): ListingStep => {
  const { atMs, wallAheadMs = 0 } = listing;
  const replaced =
    listing.kind === 'directory' &&
    (state.failure !== undefined || (state.directoryId !== undefined && state.directoryId !== listing.directoryId));
  const replacedAtMs = replaced ? atMs : state.replacedAtMs;
  const inReplacement = replacedAtMs !== undefined && atMs - replacedAtMs < rules.replacementSettleMs;
  const removalSettleMs = inReplacement ? rules.replacementSettleMs : rules.removalSettleMs;

  // A clock that was set back between two processes must not let a new claim to a name pass for the older one.
  const claims = [...state.files.values()].flatMap(({ slots }) =>
    slots.flatMap(({ good }) => (good === undefined ? [] : [good.claimedAtMs + 1])),
  );
  const claimMs = claims.reduce((latest, claim) => Math.max(latest, claim), atMs);
  const uidOf = uidsOf(state, rules);
  const listed = new Set(listing.entries.map((entry) => entry.path));
  const missing = [...state.files].filter(([path, file]) => !listed.has(path) && file.announced.some((slot) => slot.good !== undefined));
  const waiting = missing.flatMap(([path, file]): [string, FileState][] => {
    const missingSinceMs = file.missingSinceMs ?? atMs;
    return atMs - missingSinceMs < removalSettleMs ? [[path, { ...file, missingSinceMs }]] : [];
  });
  const moving = waiting.length > 0 && !inReplacement;
  const taken = listing.entries.map((entry): [string, FileState] => {
    const before = state.files.get(entry.path);
    // A file that appears while another is disappearing may be that file under a new name: take both in one step.
    const fresh = before === undefined || (before.digest === undefined && before.doubt?.digest === 'moving');
    const sinceMs = before?.doubt?.sinceMs ?? atMs;
    if (moving && fresh && entry.content.type !== 'ignored' && atMs - sinceMs < rules.removalSettleMs) {
      return [entry.path, { slots: [], announced: [], ...before, doubt: { digest: 'moving', sinceMs } }];
    }
    return [
      entry.path,
      takeEntry(before ?? { slots: [], announced: [] }, entry, atMs, { ...rules, source: state.source, claimMs, wallAheadMs, uidOf }),
    ];
  });

  const files = new Map([...waiting, ...taken]);
  const gone = [...state.files].filter(([path]) => !files.has(path));
  const removed = gone.flatMap(([path, file]) => [
    ...diffSlots(state.source, path, file.announced, []),
    ...(file.ignored === undefined ? [] : [{ type: 'removed' as const, origin: { source: state.source, path, document: 0 } }]),
  ]);
  const marks = taken.flatMap(([path, file]) => entryMarks(state, path, file));
  const endedAtMs = endings(state, files, atMs);
  const next: SourceState = {
    ...state,
    files,
    endedAtMs,
    kind: listing.kind,
    directoryId: listing.directoryId,
    replacedAtMs,
    failure: undefined,
  };
  const settled = taken.every(([, file]) => file.doubt === undefined);
  const step = announce(next, [...recovery(state), ...removed, ...marks], { sync: settled });

  const rechecks = [
    ...waiting.map(([, file]) => (file.missingSinceMs ?? atMs) + removalSettleMs - atMs),
    ...taken.flatMap(([, file]) =>
      file.doubt === undefined
        ? []
        : [file.doubt.sinceMs + (file.doubt.digest === 'moving' ? rules.removalSettleMs : rules.settleMs) - atMs],
    ),
  ];
  return { ...step, recheckAfterMs: rechecks.length === 0 ? undefined : Math.max(1, Math.min(...rechecks)) };
};

const goodsOf = (files: SourceState['files']): readonly GoodVersion[] =>
  [...files.values()].flatMap(({ slots }) => slots.flatMap(({ good }) => (good === undefined ? [] : [good])));

/** The uid of an object: what it has where it is known under whatever file, another one after it went. */
const uidsOf = ({ files, endedAtMs }: SourceState, { nodeName, newUidOf }: ListingRules): ((key: string) => string) => {
  const known = new Map<string, string>();
  for (const { key, asked } of goodsOf(files)) {
    if (asked.type === 'object' && asked.object.metadata.uid !== undefined) known.set(key, asked.object.metadata.uid);
  }
  return (key) => {
    const ended = endedAtMs?.get(key);
    return known.get(key) ?? newUidOf?.(key) ?? objectUid(key, ended === undefined ? nodeName : `${nodeName}\0${ended}`);
  };
};

/** Endings that are remembered, so that names that come and go take no more and more room. */
const MAX_ENDINGS = 1_000;

const endings = (state: SourceState, files: SourceState['files'], atMs: number): ReadonlyMap<string, number> | undefined => {
  const kept = new Set(goodsOf(files).map(({ key }) => key));
  const gone = goodsOf(state.files).filter(({ key, asked }) => asked.type === 'object' && !kept.has(key));
  if (gone.length === 0) return state.endedAtMs;
  return new Map([...(state.endedAtMs ?? []), ...gone.map(({ key }) => [key, atMs] as const)].slice(-MAX_ENDINGS));
};

/** What changed about an entry besides its Pods. */
const entryMarks = (state: SourceState, path: string, file: FileState): readonly ManifestEvent[] => {
  const { source } = state;
  const before = state.files.get(path);
  if (file.ignored !== undefined) {
    if (before?.ignored === file.ignored) return [];
    return [
      ...diffSlots(source, path, before?.announced ?? [], []),
      { type: 'ignored', origin: { source, path, document: 0 }, reason: file.ignored },
    ];
  }
  if (before?.ignored !== undefined) return [{ type: 'removed', origin: { source, path, document: 0 } }];
  // Deleted and made anew as it was: its Pods are to end and to come back.
  const recreated = before !== undefined && before.digest === file.digest && file.announced.length === 0;
  if (recreated && before.announced.length > 0) return diffSlots(source, path, before.announced, []);
  const touched =
    before?.digest !== undefined &&
    file.doubt === undefined &&
    before.doubt === undefined &&
    before.digest === file.digest &&
    before.modifiedAtMs !== file.modifiedAtMs;
  if (!touched) return [];
  return file.slots
    .filter((slot) => slot.good !== undefined)
    .map((slot) => ({ type: 'touched', origin: { source, path, document: slot.document } }));
};

const takeEntry = (
  before: FileState,
  entry: ListedEntry,
  atMs: number,
  rules: ListingRules & ParseContext & { readonly claimMs: number; readonly wallAheadMs: number },
): FileState => {
  const { slots, announced } = before;
  const { path, content } = entry;
  if (content.type === 'ignored') {
    if (!slots.some((slot) => slot.good !== undefined)) return { slots: [], announced: [], ignored: content.reason };
    return takeEntry(before, { ...entry, content: { type: 'unreadable', message: `${path}: ${content.reason}` } }, atMs, rules);
  }
  const digest = content.type === 'text' ? content.digest : content.message;
  const modifiedAtMs = content.type === 'text' ? content.modifiedAtMs : undefined;
  const recreated = entry.recreated === true || before.recreated === true;
  if (before.digest === digest) {
    // The clock that files are dated by may stand still between a write and the renaming into place, so that alone is no proof.
    const anew = recreated && content.type === 'text' && content.asWritten === true && modifiedAtMs !== before.madeAtMs;
    return { slots, announced: anew ? [] : announced, digest, modifiedAtMs, madeAtMs: anew ? modifiedAtMs : before.madeAtMs };
  }

  const taken = rules.whole ? allOrNothing : (_before: readonly Slot[], after: readonly Slot[]) => after;
  const next =
    content.type === 'text'
      ? taken(
          slots,
          assignDocuments(slots, parseDocuments(content.prepared ?? content.text, path, rules.claimMs, rules, sealedText(content))),
        )
      : spoil(slots, content.message);
  const sinceMs = before.doubt?.digest === digest ? before.doubt.sinceMs : atMs;
  const old = atMs - sinceMs >= rules.settleMs || (modifiedAtMs !== undefined && atMs + rules.wallAheadMs - modifiedAtMs >= rules.settleMs);
  if (!old && isDoubtful(slots, next, content))
    return { ...before, missingSinceMs: undefined, ignored: undefined, recreated, doubt: { digest, sinceMs } };
  return { slots: next, announced, digest, modifiedAtMs, madeAtMs: modifiedAtMs };
};

/** What counted before still does, as one, where any document can't be used; what is wrong is said of each document that it is wrong with. */
const allOrNothing = (before: readonly Slot[], after: readonly Slot[]): readonly Slot[] => {
  const problem = after.find((slot) => slot.problem !== undefined)?.problem;
  const good = before.filter((slot) => slot.good !== undefined);
  if (problem === undefined || good.length === 0) return after;
  return good.map((slot) => ({ ...slot, problem: after.find(({ document }) => document === slot.document)?.problem ?? problem }));
};

const sealedText = ({ prepared, text }: ListedEntry['content'] & { type: 'text' }): Uint8Array | undefined =>
  prepared === undefined ? undefined : text;

/** A file that can't be read keeps what it had, marked. */
const spoil = (slots: readonly Slot[], message: string): readonly Slot[] => {
  const problem = problemOf(message);
  const good = slots.filter((slot) => slot.good !== undefined);
  return good.length === 0 ? [{ document: 0, problem }] : good.map((slot) => ({ ...slot, problem }));
};

/** Whether the content may be a file in the middle of being written. */
const isDoubtful = (before: readonly Slot[], after: readonly Slot[], content: ListedEntry['content']): boolean => {
  const documents = new Set(after.map((slot) => slot.document));
  const loses = before.some((slot) => slot.good !== undefined && !documents.has(slot.document));
  return loses || after.some((slot) => slot.problem !== undefined) || (content.type === 'text' && !looksComplete(content.text));
};

/** Says what has not been said yet, the eldest claims first, and `synced` last. */
const announce = (state: SourceState, first: readonly ManifestEvent[], { sync }: { sync: boolean }): ListingStep => {
  const claims = [...state.files].flatMap(([path, file]) => {
    const eldestMs = Math.min(...file.slots.map((slot) => slot.good?.claimedAtMs ?? Number.POSITIVE_INFINITY));
    return [{ eldestMs, events: diffSlots(state.source, path, file.announced, file.slots) }];
  });
  const said = claims.sort((a, b) => (a.eldestMs === b.eldestMs ? 0 : a.eldestMs - b.eldestMs)).flatMap(({ events }) => events);
  const files = new Map([...state.files].map(([path, file]) => [path, { ...file, announced: file.slots }]));
  const { source, path } = state;
  const synced: readonly ManifestEvent[] = sync && !state.synced ? [{ type: 'synced', source, path }] : [];
  return {
    state: { ...state, files, synced: state.synced || sync },
    events: [...first, ...said, ...synced],
    recheckAfterMs: undefined,
  };
};
