import { describeError } from '@solo-kubelet/diagnostics';
import type { ListedEntry, Listing } from './core/listing.js';
import type { PrepareManifest } from './manifest-event.js';

/** Prepares what listings hold. A content that was prepared before is not prepared again; one that can't be is tried with every listing. */
export const prepareListings = (prepare: PrepareManifest): ((listing: Listing) => Promise<Listing>) => {
  let known: ReadonlyMap<string, Uint8Array> = new Map();
  return async (listing) => {
    if (listing.type !== 'listed') return listing;
    const entries: ListedEntry[] = [];
    const now = new Map<string, Uint8Array>();
    for (const entry of listing.entries) {
      const done = await prepareEntry(entry, prepare, known);
      if (done.content.type === 'text' && done.content.prepared !== undefined) now.set(done.content.digest, done.content.prepared);
      entries.push(done);
    }
    known = now;
    return { ...listing, entries };
  };
};

const prepareEntry = async (entry: ListedEntry, prepare: PrepareManifest, known: ReadonlyMap<string, Uint8Array>): Promise<ListedEntry> => {
  const { path, content } = entry;
  if (content.type !== 'text') return entry;
  try {
    const prepared = known.get(content.digest) ?? (await prepare(content.text));
    return prepared === content.text ? entry : { ...entry, content: { ...content, prepared } };
  } catch (error) {
    return { ...entry, content: { type: 'unreadable', message: `${path}: ${describeError(error)}` } };
  }
};
