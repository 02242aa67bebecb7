import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';
import type { KeptRevision } from './core/judge-revision.js';
import { INITIAL_STATE, type RefusedAnswer, type RolloutState } from './core/rollout/rollout.js';
import type { DetachedSignature } from './signatures/verify-answer.js';

/** An answer with what vouches for it, so that it can be verified again. */
export interface KeptAnswer {
  readonly content: Uint8Array;
  readonly signature?: DetachedSignature;
  readonly revision?: number;
  readonly appliedAtMs: number;
}

export interface SourceRecord {
  readonly current: KeptAnswer;
  /** The one before: what is kept beside the records of its documents may still come from it. */
  readonly previous?: KeptAnswer;
  /** The newest one, where it was verified and does not run. */
  readonly next?: KeptAnswer;
  /** What to go back to while `current` is on trial. */
  readonly good?: KeptAnswer;
  /** Default: nothing was asked for by hand, and nothing has failed. */
  readonly rollout?: RolloutState;
  /** Never forgotten, whatever becomes of the answer. */
  readonly kept?: KeptRevision;
  /** A time that has passed, ms since 1970: a clock that says less is not set. */
  readonly clockMs: number;
  /** What the server said about `next`, else about `current`, and for which URL (a digest, since a URL may hold a secret). */
  readonly validators: { readonly etag?: string; readonly lastModified?: string };
  readonly urlDigest: string;
}

export interface AnswerStore {
  /** @throws (rejects) where the disk can't be read: that is not the same as nothing */
  load(): Promise<SourceRecord | undefined>;
  /** Replaces the record in one step that survives a loss of power. @throws (rejects) the error of the file system */
  save(record: SourceRecord): Promise<void>;
}

const FILE = 'last-good.json';

export const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The last good answer of one source, in its own directory (mode 0700: manifests may hold secrets). */
export const openAnswerStore = (directory: string, logger: Logger, files?: FileLayer): AnswerStore => {
  const path = join(directory, FILE);
  const layer = files === undefined ? {} : { files };
  return {
    load: () => readState(path, { decode: decodeRecord, logger, requireReadable: true, ...layer }),
    save: (record) => writeDurably(path, JSON.stringify(encodeRecord(record)), layer),
  };
};

const encodeRecord = ({ current, previous, next, good, ...rest }: SourceRecord) => ({
  version: 1,
  ...rest,
  current: encodeSigned(current),
  ...(previous && { previous: encodeSigned(previous) }),
  ...(next && { next: encodeSigned(next) }),
  ...(good && { good: encodeSigned(good) }),
});

const SIGNATURE_TYPES: ReadonlySet<unknown> = new Set<DetachedSignature['type']>(['minisign', 'ssh', 'sigstore', 'tuf', 'artifact']);

/** @throws Error for a text that holds no record */
const decodeRecord = (text: string): SourceRecord => {
  const record = parseBoundedJson(text);
  if (!isRecord(record) || record['version'] !== 1) throw new Error('it is no record of a source in version 1');
  const { current, previous, next, good, rollout, kept, clockMs, validators, urlDigest } = record;
  if (typeof clockMs !== 'number' || typeof urlDigest !== 'string' || !isTexts(validators)) throw new Error('a part of it is missing');
  if (kept !== undefined && !(isRecord(kept) && typeof kept['revision'] === 'number' && typeof kept['digest'] === 'string')) {
    throw new Error('kept is no revision');
  }
  return {
    current: decodeAnswer(current),
    ...(previous === undefined ? {} : { previous: decodeAnswer(previous) }),
    ...(next === undefined ? {} : { next: decodeAnswer(next) }),
    ...(good === undefined ? {} : { good: decodeAnswer(good) }),
    ...(rollout === undefined ? {} : { rollout: decodeRollout(rollout) }),
    ...(kept === undefined ? {} : { kept: kept as unknown as KeptRevision }),
    clockMs,
    validators,
    urlDigest,
  };
};

/** An answer with its signature, as it lies on disk. */
export const encodeSigned = <T extends Pick<KeptAnswer, 'content' | 'signature'>>({ content, ...rest }: T) => ({
  ...rest,
  content: Buffer.from(content).toString('base64'),
});

/** @throws Error for what is no answer */
export const decodeSigned = (answer: unknown): Pick<KeptAnswer, 'content' | 'signature'> => {
  if (!isRecord(answer)) throw new Error('an answer is missing');
  const { content, signature } = answer;
  const isSigned = isRecord(signature) && SIGNATURE_TYPES.has(signature['type']) && typeof signature['text'] === 'string';
  if (typeof content !== 'string') throw new Error('an answer has no content');
  if (signature !== undefined && !isSigned) throw new Error('an answer has a signature of no kind');
  return {
    content: Buffer.from(content, 'base64'),
    ...(signature === undefined ? {} : { signature: signature as unknown as DetachedSignature }),
  };
};

const decodeAnswer = (answer: unknown): KeptAnswer => {
  const signed = decodeSigned(answer);
  const { revision, appliedAtMs } = answer as Readonly<Record<string, unknown>>;
  if (typeof appliedAtMs !== 'number') throw new Error('an answer has no time');
  if (revision !== undefined && !Number.isSafeInteger(revision)) throw new Error('the revision of an answer is no number');
  return {
    ...signed,
    appliedAtMs,
    ...(revision === undefined ? {} : { revision: revision as number }),
  };
};

const decodeRollout = (state: unknown): RolloutState => {
  if (!isRecord(state) || !Array.isArray(state['refused'])) throw new Error('the state of the rollout is none');
  const { heldAtMs, urged, trialStarts, mends, refused } = state;
  return {
    ...INITIAL_STATE,
    ...(typeof heldAtMs === 'number' && { heldAtMs }),
    ...(typeof urged === 'string' && { urged }),
    ...(typeof trialStarts === 'number' && { trialStarts }),
    ...(mends === true && { mends }),
    refused: refused.filter(isRefusedAnswer),
  };
};

const isRefusedAnswer = (one: unknown): one is RefusedAnswer =>
  isRecord(one) &&
  typeof one['digest'] === 'string' &&
  typeof one['message'] === 'string' &&
  typeof one['atMs'] === 'number' &&
  (one['revision'] === undefined || typeof one['revision'] === 'number') &&
  (one['why'] === 'Failed' || one['why'] === 'Skipped');
const isTexts = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
