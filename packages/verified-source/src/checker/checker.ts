import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestAnswer, ParseManifest, PrepareManifest } from '@solo-kubelet/manifest-source';
import type { FileLayer } from '@solo-kubelet/state-files';
import type { SchedulerLike } from 'rxjs';
import { type Examination, examineAnswer } from '../answer/examine-answer.js';
import type { AnswerStore, SourceRecord } from '../answer-store.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { SourceRevision } from '../core/source-revision.js';
import type { RolloutFinding, SourceFinding } from '../core/source-status.js';
import type { BlobFiles } from '../images/blob-files.js';
import type { ImageRoom } from '../images/image-room.js';
import type { RuntimeImages } from '../images/runtime-images.js';
import type { SourceImages } from '../images/source-images.js';
import type { PlaceOptions } from '../places/place-of.js';
import type { createAnswerRollout } from '../rollout/answer-rollout.js';
import type { HeldAnswer } from '../rollout/held-answer.js';
import type { VerificationKey } from '../signatures/verification-keys.js';
import type { DetachedSignature } from '../signatures/verify-answer.js';
import type { HeldImages } from './held-images.js';

/** What a look at a source came to, and what it asks for from now on where that is told again. */
export interface Found {
  /** Default: nothing was looked at. */
  readonly finding?: SourceFinding;
  readonly answer?: ManifestAnswer;
  readonly rollout: RolloutFinding;
  /** When to settle again, though nothing has happened, ms from now. */
  readonly wakeAfterMs?: number;
}

export interface CommandAnswer {
  readonly ok: boolean;
  readonly message: string;
}

export interface CheckerOptions {
  readonly source: SourceDefinition;
  /** The URL without user name and password, and what these come to. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly env: PlaceOptions['env'];
  readonly logins: PlaceOptions['logins'];
  readonly path: string;
  readonly nodeName: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly prepare: PrepareManifest | undefined;
  readonly parse: ParseManifest | undefined;
  /** Whether anybody says how what runs is; without that nothing is on trial. */
  readonly hasHealth: boolean;
  /** A clock that nobody sets, ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly files: FileLayer | undefined;
  /** The images that the source has. Default: nobody takes any in. */
  readonly runtimeImages: RuntimeImages | undefined;
  readonly imageRoom: ImageRoom | undefined;
  readonly blobFiles: BlobFiles | undefined;
  readonly scheduler: SchedulerLike;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Hears of everything in the order in which it came about. */
  readonly tell: (found: Found) => void;
  /** Called when everybody knows what runs now. */
  readonly taken: () => void;
}

/** What runs is to the checks that follow. */
export interface LastGood {
  readonly answer: HeldAnswer;
  readonly said: SourceRevision | undefined;
  readonly verifiedBy: string;
  readonly elsewhere: readonly string[];
  /** The keys by which it was verified, to notice when they are others. */
  readonly keys: string;
}

/** What the parts of a checker share: by what it decides and keeps, and what it knows. One of them is at work at a time. */
export interface Checker {
  readonly options: CheckerOptions;
  readonly store: AnswerStore;
  readonly rollouts: ReturnType<typeof createAnswerRollout>;
  readonly images: HeldImages;
  /** Those that the source itself has. */
  readonly sourceImages: SourceImages;
  /** A digest, since a URL may hold a secret. */
  readonly urlDigest: string;
  /** Digests of what may be given to the parser from the records of documents. */
  readonly trusted: Set<string>;
  /** Whether `record` is what lies on the disk. */
  isLoaded: boolean;
  record: SourceRecord | undefined;
  lastGood: LastGood | undefined;
  /** What goes on record with the first answer, while that waits for its images. */
  awaitedBase: Pick<SourceRecord, 'kept' | 'validators' | 'urlDigest'> | undefined;
  /** What the server said about the newest answer; after a move of it, in memory alone. */
  validators: SourceRecord['validators'];
  /** Whether the server may answer that nothing changed: not while its answer is one that was refused. */
  mayBeUnchanged: boolean;
}

/** The machine's clock, or what it is known to have been already, ms since 1970. */
export const timeOf = ({ options: { wallNow }, record }: Checker): number => Math.max(wallNow(), record?.clockMs ?? 0);

export const examine = (
  { options: { source, path, nodeName, prepare, parse } }: Checker,
  { content, signature }: { readonly content: Uint8Array; readonly signature?: DetachedSignature | undefined },
  keys: readonly VerificationKey[],
): Promise<Examination> => examineAnswer(content, signature, { source, path, nodeName, keys, prepare, parse });
