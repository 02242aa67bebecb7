import type { Metadata, MetaFile, Snapshot, Targets } from '@tufjs/models';
import type { SourceReason } from '../core/source-status.js';
import { parseTufRoot } from './tuf-proof.js';
import type { TufState } from './tuf-state.js';

export interface ReasonOfTufOptions {
  /** What is good, as it is kept. */
  readonly seen: TufState;
  /** The same before. */
  readonly before: TufState;
  readonly trustedRoot: string;
}

/**
 * Why the library of TUF refused metadata. It hides its own errors about snapshots and targets in the text of others, so these are looked at again, in the
 * same order. `last`: what was given last.
 */
export const reasonOfTuf = async (
  error: unknown,
  last: { readonly role: string; readonly bytes: Buffer } | undefined,
  options: ReasonOfTufOptions,
): Promise<SourceReason> => {
  const errors = await import('tuf-js/dist/error.js');
  if (error instanceof errors.ExpiredMetadataError) return 'Expired';
  if (error instanceof errors.BadVersionError) return 'RevisionTooOld';
  if (error instanceof errors.PersistError) return 'NotKept';
  if (!(error instanceof errors.RuntimeError) || last === undefined || last.role === 'timestamp') return 'SignatureInvalid';
  try {
    return await reasonOfHidden(last.role, last.bytes, options);
  } catch {
    return 'SignatureInvalid';
  }
};

/** @throws (rejects) Error for what can't be read, or has not enough good signatures */
const reasonOfHidden = async (role: string, bytes: Buffer, { seen, before, trustedRoot }: ReasonOfTufOptions): Promise<SourceReason> => {
  const { Metadata, MetadataKind } = await import('@tufjs/models');
  const now = new Date();
  const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, JSON.parse(seen.timestamp ?? ''));
  if (timestamp.signed.isExpired(now)) return 'Expired';
  const isSnapshot = role === MetadataKind.Snapshot;
  const snapshotOf = ({ snapshot = '' }: TufState): Metadata<Snapshot> => Metadata.fromJSON(MetadataKind.Snapshot, JSON.parse(snapshot));
  if (!isSnapshot && snapshotOf(seen).signed.isExpired(now)) return 'Expired';
  const listed: MetaFile | undefined = isSnapshot ? timestamp.signed.snapshotMeta : snapshotOf(seen).signed.meta[`${role}.json`];
  if (listed === undefined) return 'SignatureMissing';
  try {
    listed.verify(bytes);
  } catch {
    return 'HashMismatch';
  }
  const parsed: Metadata<Snapshot> | Metadata<Targets> = isSnapshot
    ? Metadata.fromJSON(MetadataKind.Snapshot, JSON.parse(bytes.toString()))
    : Metadata.fromJSON(MetadataKind.Targets, JSON.parse(bytes.toString()));
  if (isSnapshot || role === MetadataKind.Targets) {
    const versions = Object.keys(seen.roots).sort((one, other) => Number(other) - Number(one));
    const root = await parseTufRoot(seen.roots[versions[0] ?? ''] ?? trustedRoot);
    root.verifyDelegate(role, parsed);
  }
  if (parsed.signed.isExpired(now)) return 'Expired';
  if (parsed.signed.version !== listed.version) return 'RevisionTooOld';
  const isOlder = isSnapshot && before.snapshot !== undefined && goesBack(snapshotOf(before).signed, parsed.signed as Snapshot);
  return isOlder ? 'RevisionTooOld' : 'NotKept';
};

/** Whether a snapshot leaves out a role of the one before, or names an older version of it. */
const goesBack = (before: Snapshot, next: Snapshot): boolean =>
  Object.entries(before.meta).some(([name, { version }]) => !((next.meta[name]?.version ?? -1) >= version));
