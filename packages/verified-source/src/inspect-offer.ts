import { silentLogger } from '@solo-kubelet/diagnostics';
import { readAnswer } from './answer/read-answer.js';
import { readRevision } from './answer/read-revision.js';
import { digestOf, openAnswerStore } from './answer-store.js';
import type { ImageList } from './core/image-list.js';
import { judgeRevision } from './core/judge-revision.js';
import type { SourceDefinition } from './core/source-definition.js';
import type { SourceReason } from './core/source-status.js';
import type { OfferedAnswer } from './offers.js';
import { readVerificationKeys } from './signatures/verification-keys.js';
import { verifyContent } from './signatures/verify-content.js';

export interface InspectOfferOptions {
  readonly source: SourceDefinition;
  /** Of the source, for what was seen before. Default: nothing was, and a revision may be missing. */
  readonly directory?: string;
  readonly wallNow: () => number;
}

export type InspectedOffer =
  | {
      readonly ok: true;
      readonly verifiedBy: string;
      /** SHA-256 of it, as the status of the source has it. */
      readonly digest: string;
      readonly revision?: number;
      readonly imageList?: ImageList;
    }
  | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

/**
 * What can be said of an answer before it is offered: whether it is signed by a key of the source, and no older than what was seen. What its documents say is
 * left to the kubelet, which knows the labels and the identities of the node. Nothing is written.
 * @throws (rejects) VerifiedSourceError SOURCE_KEY_INVALID, and the error of the file system
 */
export const inspectOffer = async (
  { content, signature }: OfferedAnswer,
  { source, directory, wallNow }: InspectOfferOptions,
): Promise<InspectedOffer> => {
  const verified = await verifyContent(source, content, signature, await readVerificationKeys(source));
  if (!verified.ok) return verified;
  const opened = await readAnswer(content, { prepare: undefined, source });
  if (!opened.ok) return opened;
  const read = readRevision(opened.clear);
  if (!read.ok) return { ok: false, reason: 'ManifestInvalid', message: read.message };
  const digest = digestOf(content);
  const record = directory === undefined ? undefined : await openAnswerStore(directory, silentLogger).load();
  const nowMs = Math.max(wallNow(), record?.clockMs ?? 0);
  const { impliedRevision } = verified;
  const verdict = judgeRevision({ source, said: read.revision, impliedRevision, digest, kept: record?.kept, nowMs });
  // One that is missing may stand in a file that only the node can decrypt.
  if (!verdict.ok && verdict.reason !== 'RevisionMissing') return verdict;
  const revision = verdict.ok ? verdict.revision : undefined;
  const { imageList } = opened;
  return {
    ok: true,
    verifiedBy: verified.verifiedBy,
    digest,
    ...(revision === undefined ? {} : { revision }),
    ...(imageList && { imageList }),
  };
};
