import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import {
  type ManifestAnswer,
  ManifestSourceError,
  type ParseManifest,
  type PrepareManifest,
  redactUrl,
} from '@solo-kubelet/manifest-source';
import type { FileLayer } from '@solo-kubelet/state-files';
import { type AnswerStore, digestOf, openAnswerStore, type SourceRecord } from './answer-store.js';
import { isBundleUrl } from './core/bundle-url.js';
import type { ImageList } from './core/image-list.js';
import { judgeRevision } from './core/judge-revision.js';
import type { SourceDefinition } from './core/source-definition.js';
import type { SourceRevision } from './core/source-revision.js';
import type { RunningAnswer, SourceFinding, SourceReason } from './core/source-status.js';
import { type ExaminedAnswer, examineAnswer } from './examine-answer.js';
import { type FetchedAnswer, fetchAnswer } from './fetch-answer.js';
import { readOffer, removeOffer } from './offers.js';
import { placeOf } from './places/place-of.js';
import { createTufRepository } from './tuf/tuf-repository.js';
import { readVerificationKeys, type VerificationKey } from './verification-keys.js';
import { VerifiedSourceError } from './verified-source-error.js';
import { type DetachedSignature, shownKey, verifyAnswer } from './verify-answer.js';

/** What a look at a source came to, and what it asks for from now on where that is told again. */
export interface Found {
  readonly finding: SourceFinding;
  readonly answer?: ManifestAnswer;
}

export interface CheckerOptions {
  readonly source: SourceDefinition;
  /** The URL without user name and password, and what these come to. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly path: string;
  readonly nodeName: string;
  readonly directory: string;
  readonly prepare: PrepareManifest | undefined;
  readonly parse: ParseManifest | undefined;
  readonly wallNow: () => number;
  readonly files: FileLayer | undefined;
  readonly logger: Logger;
}

/** What the last good answer is to the checks that follow. */
interface LastGood {
  readonly record: SourceRecord;
  readonly digest: string;
  readonly said: SourceRevision | undefined;
  readonly verifiedBy: string;
  readonly elsewhere: readonly string[];
  /** Names of the images that came along with it. */
  readonly images: readonly string[];
  /** The keys by which it was verified, to notice when they are others. */
  readonly keys: string;
}

/** Asks a source, decides what becomes of the answer, and keeps what is good before anybody hears of it. One call at a time. */
export const createChecker = ({
  source,
  url,
  authorization,
  path,
  nodeName,
  directory,
  prepare,
  parse,
  wallNow,
  files,
  logger,
}: CheckerOptions) => {
  const store: AnswerStore = openAnswerStore(directory, logger, files);
  const place = placeOf({ source, url, authorization });
  const repository = createTufRepository({ source, url, authorization, directory, files, logger });
  const urlDigest = digestOf(url);
  let isLoaded = false;
  let record: SourceRecord | undefined;
  let lastGood: LastGood | undefined;
  /** Names of the images that came along with the answer before. */
  let imagesBefore: readonly string[] = [];
  /** Digests of what may be given to the parser from the records of documents. */
  const trusted = new Set<string>();
  /** Whether the server may answer that nothing changed: not while its answer is one that was refused. */
  let mayBeUnchanged = false;

  const examine = (content: Uint8Array, signature: SourceRecord['current']['signature'], keys: readonly VerificationKey[]) =>
    examineAnswer(content, signature, { source, path, nodeName, keys, prepare, parse });

  const load = async (): Promise<void> => {
    if (isLoaded) return;
    record = await store.load();
    isLoaded = true;
  };

  const hold = (
    kept: SourceRecord,
    { said, verifiedBy, text, elsewhere, imageList }: ExaminedAnswer,
    keys: readonly VerificationKey[],
  ): LastGood => {
    trusted.add(digestOf(text));
    return {
      record: kept,
      digest: digestOf(kept.current.content),
      said,
      verifiedBy,
      elsewhere,
      images: namesOf(imageList),
      keys: nameKeys(keys),
    };
  };

  const tellElsewhere = ({ elsewhere }: LastGood): void => {
    if (elsewhere.length > 0) logger.debug({ source: source.name, elsewhere }, 'Documents of a source are for other nodes');
  };

  /** What lies on disk, verified again; undefined where there is nothing. */
  const restore = async (): Promise<Found | undefined> => {
    try {
      await load();
      return record && (await restoreRecord(record, await readVerificationKeys(source)));
    } catch (error) {
      return failed('LastGoodUnusable', `what was kept on disk is not used: ${describeError(error)}`);
    }
  };

  const restoreRecord = async (kept: SourceRecord, keys: readonly VerificationKey[]): Promise<Found> => {
    const { current, previous } = kept;
    const examined = await examine(current.content, current.signature, keys);
    if (!examined.ok) return failed('LastGoodUnusable', `what was kept on disk is not used: ${examined.reason}: ${examined.message}`);
    const before = previous && (await examine(previous.content, previous.signature, keys));
    if (before?.ok) trusted.add(digestOf(before.answer.text));
    imagesBefore = before?.ok ? namesOf(before.answer.imageList) : [];
    lastGood = hold(kept, examined.answer, keys);
    mayBeUnchanged = kept.urlDigest === urlDigest;
    tellElsewhere(lastGood);
    return { finding: { type: 'restored', running: running(lastGood, imagesBefore) }, answer: asked(examined.answer) };
  };

  const check = async (signal: AbortSignal): Promise<Found> => {
    try {
      await load();
    } catch (error) {
      // Without it nobody knows which revisions were seen: nothing may be taken meanwhile.
      return failed('NotKept', `what was kept on disk can't be read: ${describeError(error)}`);
    }
    try {
      const keys = await readVerificationKeys(source);
      if (lastGood === undefined && record !== undefined) {
        // A key file or an identity that was not there at the start may be there now.
        const restored = await restoreRecord(record, keys);
        if (restored.finding.type === 'restored') return restored;
      }
      if (lastGood !== undefined && lastGood.keys !== nameKeys(keys)) await verifyAnew(lastGood, keys);
      const offered = await takeOffer(keys);
      if (offered !== undefined) return offered;
      if (isBundleUrl(url))
        return lastGood === undefined ? failed('NotFound', 'no bundle came yet: kubelet-cli bundle apply FILE') : unchanged();
      return await take(await fetch(keys, signal), keys);
    } catch (error) {
      if (VerifiedSourceError.is(error))
        return failed(error.code === 'SOURCE_KEY_INVALID' ? 'KeyInvalid' : 'CredentialsUnusable', error.message);
      if (ManifestSourceError.is(error)) return failed('CredentialsUnusable', error.message);
      throw error;
    }
  };

  const fetch = async (keys: readonly VerificationKey[], signal: AbortSignal): Promise<FetchedAnswer> => {
    const [key] = keys;
    const known = mayBeUnchanged ? lastGood?.record : undefined;
    if (key?.type === 'tuf') {
      const { content, signature } = known?.current ?? {};
      return repository.ask({
        trustedRoot: key.root,
        known: content && signature && { content, proof: signature.text },
        nowMs: Math.max(wallNow(), record?.clockMs ?? 0),
        signal,
      });
    }
    const inquiry = await place.open(signal);
    return fetchAnswer({ source, inquiry, keys, validators: known?.validators ?? {} });
  };

  /** Keys have changed since: a server that says that nothing has must not vouch for what they don't. */
  const verifyAnew = async (known: LastGood, keys: readonly VerificationKey[]): Promise<void> => {
    const { content, signature } = known.record.current;
    const examined = await examine(content, signature, keys);
    if (examined.ok) lastGood = hold(known.record, examined.answer, keys);
    else mayBeUnchanged = false;
  };

  const take = async (fetched: FetchedAnswer, keys: readonly VerificationKey[]): Promise<Found> => {
    switch (fetched.type) {
      case 'failed':
        return failed(fetched.reason, fetched.message);
      case 'notModified':
        return unchanged();
      case 'answer':
        return takeAnswer(fetched, keys);
    }
  };

  /** What somebody put before the source is decided once, unless the disk is in the way. */
  const takeOffer = async (keys: readonly VerificationKey[]): Promise<Found | undefined> => {
    try {
      const offer = await readOffer(directory, { files, logger });
      if (offer === undefined) return undefined;
      const { content, signature } = offer;
      const found = await takeAnswer(
        { type: 'answer', content, signatures: signature ? [signature] : [], validators: {} },
        keys,
        'the bundle',
      );
      const { finding } = found;
      if (finding.type !== 'failed' || finding.reason !== 'NotKept') await removeOffer(directory, { files });
      return found;
    } catch (error) {
      return failed('NotKept', `a bundle that was brought can't be read or put away: ${describeError(error)}`);
    }
  };

  /** The first that is good, or else the first. */
  const pickSignature = async (content: Uint8Array, signatures: readonly DetachedSignature[], keys: readonly VerificationKey[]) => {
    if (signatures.length > 1) for (const one of signatures) if ((await verifyAnswer(source, content, one, keys)).ok) return one;
    return signatures[0];
  };

  const takeAnswer = async (
    { content, signatures, validators }: FetchedAnswer & { type: 'answer' },
    keys: readonly VerificationKey[],
    shown = redactUrl(url),
  ): Promise<Found> => {
    mayBeUnchanged = false;
    const signature = await pickSignature(content, signatures, keys);
    const examined = await examine(content, signature, keys);
    if (!examined.ok) return failed(examined.reason, `${shown}: ${examined.message}`);
    const { answer } = examined;
    const { said, impliedRevision } = answer;
    const nowMs = Math.max(wallNow(), record?.clockMs ?? 0);
    const digest = digestOf(content);
    const verdict = judgeRevision({ source, said, impliedRevision, digest, kept: record?.kept, nowMs });
    if (!verdict.ok) return failed(verdict.reason, `${shown}: ${verdict.message}`);
    const { revision } = verdict;
    if (lastGood !== undefined && lastGood.digest === digest && lastGood.record.current.revision === revision) {
      // Validators may be others after a move of the server: in memory they serve as well.
      lastGood = { ...hold({ ...lastGood.record, validators, urlDigest }, answer, keys) };
      mayBeUnchanged = true;
      return { finding: { type: 'unchanged' }, answer: { type: 'unchanged' } };
    }
    const previous = lastGood?.record.current ?? record?.previous;
    const next: SourceRecord = {
      current: { content, appliedAtMs: nowMs, ...(signature && { signature }), ...(revision !== undefined && { revision }) },
      ...(previous && { previous }),
      ...(revision === undefined || source.require !== 'signature'
        ? record?.kept && { kept: record.kept }
        : { kept: { revision, digest } }),
      clockMs: nowMs,
      validators,
      urlDigest,
    };
    try {
      // Before anything runs of it: what runs can be started again without a network, and its revision is never forgotten.
      await store.save(next);
    } catch (error) {
      // After some failures the new one is there all the same: what is on disk is read again before the next answer is judged.
      isLoaded = false;
      return failed('NotKept', `${shown}: it could not be kept on disk, so nothing of it runs: ${describeError(error)}`);
    }
    record = next;
    if (lastGood !== undefined) imagesBefore = lastGood.images;
    lastGood = hold(next, answer, keys);
    mayBeUnchanged = true;
    tellElsewhere(lastGood);
    return { finding: { type: 'applied', running: running(lastGood, imagesBefore) }, answer: asked(answer) };
  };

  const unchanged = (): Found => {
    const expiresMs = lastGood?.said?.expiresMs;
    const nowMs = Math.max(wallNow(), record?.clockMs ?? 0);
    if (source.require === 'signature' && expiresMs !== undefined && nowMs >= expiresMs) {
      return failed(
        'Expired',
        `${redactUrl(url)}: what runs expired at ${new Date(expiresMs).toISOString()}, and nothing newer is published; it runs on`,
      );
    }
    return { finding: { type: 'unchanged' }, answer: { type: 'unchanged' } };
  };

  const failed = (reason: SourceReason, message: string): Found => ({
    finding: { type: 'failed', reason, message },
    answer: { type: 'failed', message: `${reason}: ${message}` },
  });

  return {
    restore,
    check,
    /** Whether a text from the records of documents is one that was verified. */
    trusts: (text: Uint8Array): boolean => trusted.has(digestOf(text)),
    close: (): void => {
      place.close();
      repository.close();
    },
  };
};

const running = (
  { record: { current }, digest, verifiedBy, elsewhere, images }: LastGood,
  imagesBefore: readonly string[],
): RunningAnswer => ({
  revision: current.revision,
  digest,
  verifiedBy,
  appliedAtMs: current.appliedAtMs,
  elsewhere: elsewhere.length,
  images: [...new Set([...images, ...imagesBefore])].sort(),
});

const asked = ({ text, prepared }: ExaminedAnswer): ManifestAnswer => ({ type: 'text', text, ...(prepared && { prepared }) });

const nameKeys = (keys: readonly VerificationKey[]): string => keys.map(shownKey).join(' ');

const namesOf = (list: ImageList | undefined): readonly string[] => list?.images.map(({ name }) => name) ?? [];
