import { describeError } from '@solo-kubelet/diagnostics';
import { ManifestSourceError } from '@solo-kubelet/manifest-source';
import { createKeyedLocks } from '@solo-kubelet/timers/turns';
import { digestOf, openAnswerStore } from '../answer-store.js';
import { isBundleUrl } from '../core/bundle-url.js';
import type { SourceHealth } from '../core/rollout/decide-rollout.js';
import type { RolloutCommand } from '../core/rollout/rollout.js';
import { type FetchedAnswer, fetchAnswer } from '../fetch-answer.js';
import { createSourceImages } from '../images/source-images.js';
import { placeOf } from '../places/place-of.js';
import { createAnswerRollout } from '../rollout/answer-rollout.js';
import { readVerificationKeys, type VerificationKey } from '../signatures/verification-keys.js';
import { createTufRepository } from '../tuf/tuf-repository.js';
import { VerifiedSourceError } from '../verified-source-error.js';
import { type Checker, type CheckerOptions, type CommandAnswer, type Found, timeOf } from './checker.js';
import { failed, unchanged } from './found.js';
import { createHeldImages } from './held-images.js';
import { nameKeys } from './hold-answer.js';
import { carryOut, lookAgain } from './look-again.js';
import { load, restore, restoreRecord, verifyAnew } from './restore.js';
import { takeAnswer, takeOffer } from './take-answer.js';

/** Asks a source, decides what becomes of the answer, and keeps what is good before anybody hears of it. One check at a time; all else at any time. */
export const createChecker = (options: CheckerOptions) => {
  const { source, url, directory, files, logger, tell } = options;
  const sourceImages = createSourceImages({
    ...options,
    runtime: options.runtimeImages,
    room: options.imageRoom,
    files: options.blobFiles,
    place: placeOf(options),
  });
  const checker: Checker = {
    options,
    store: openAnswerStore(directory, logger, files),
    rollouts: createAnswerRollout({ policy: source.rollout, ...options, awaited: sourceImages.awaited }),
    images: createHeldImages(options),
    sourceImages,
    awaitedBase: undefined,
    urlDigest: digestOf(url),
    trusted: new Set(),
    isLoaded: false,
    record: undefined,
    lastGood: undefined,
    validators: {},
    mayBeUnchanged: false,
  };
  const { rollouts, trusted } = checker;
  const place = placeOf(options);
  const repository = createTufRepository(options);
  const locks = createKeyedLocks();
  const alone = <T>(work: () => Promise<T>): Promise<T> => locks.run(directory, 'exclusive', work);

  /** By now it may be time for what waits, or for a verdict. */
  const lookIfOpen = async (): Promise<void> => {
    const { next, good } = rollouts.current();
    if (checker.lastGood !== undefined && (next !== undefined || good !== undefined)) tell(await lookAgain(checker));
  };

  /** What is decided without asking the source; the keys to ask it with, or undefined where nobody has to be asked. */
  const prepareCheck = async (): Promise<readonly VerificationKey[] | undefined> => {
    await load(checker);
    const keys = await readVerificationKeys(source);
    if (checker.lastGood === undefined && checker.record !== undefined) {
      // A key file or an identity that was not there at the start may be there now.
      const restored = await restoreRecord(checker, checker.record, keys);
      if (restored.finding?.type === 'restored') {
        tell(restored);
        return undefined;
      }
    }
    if (checker.lastGood !== undefined && checker.lastGood.keys !== nameKeys(keys)) await verifyAnew(checker, checker.lastGood, keys);
    const brought = await takeOffer(checker, keys);
    if (brought === undefined && !isBundleUrl(url)) return keys;
    tell(brought ?? withoutBundle());
    await lookIfOpen();
    return undefined;
  };

  const withoutBundle = (): Found =>
    checker.lastGood === undefined ? failed(checker, 'NotFound', 'no bundle came yet: kubelet-cli bundle apply FILE') : unchanged(checker);

  const fetch = async (keys: readonly VerificationKey[], signal: AbortSignal): Promise<FetchedAnswer> => {
    const [key] = keys;
    const isKnown = checker.mayBeUnchanged && checker.lastGood !== undefined;
    if (key?.type === 'tuf') {
      const { current, next } = rollouts.current();
      const { content, signature } = (isKnown ? (next ?? current)?.kept : undefined) ?? {};
      return repository.ask({
        trustedRoot: key.root,
        known: content && signature && { content, proof: signature.text },
        nowMs: timeOf(checker),
        signal,
      });
    }
    const inquiry = await place.open(signal);
    return fetchAnswer({ source, inquiry, keys, validators: isKnown ? checker.validators : {} });
  };

  const take = async (fetched: FetchedAnswer, keys: readonly VerificationKey[]): Promise<Found> => {
    switch (fetched.type) {
      case 'failed':
        return failed(checker, fetched.reason, fetched.message);
      case 'notModified':
        return unchanged(checker);
      case 'answer':
        return takeAnswer(checker, fetched, keys);
    }
  };

  const checkFailed = (error: unknown): Found => {
    if (VerifiedSourceError.is(error))
      return failed(checker, error.code === 'SOURCE_KEY_INVALID' ? 'KeyInvalid' : 'CredentialsUnusable', error.message);
    if (ManifestSourceError.is(error)) return failed(checker, 'CredentialsUnusable', error.message);
    // Without it nobody knows which revisions were seen: nothing may be taken meanwhile.
    if (!checker.isLoaded) return failed(checker, 'NotKept', `what was kept on disk can't be read: ${describeError(error)}`);
    throw error;
  };

  return {
    /** Brings the images in that the source has while it is subscribed to, and emits when there is something to look at. */
    images$: sourceImages.work$,
    /** What lies on disk, verified again; undefined where there is nothing. */
    restore: (): Promise<Found | undefined> => alone(() => restore(checker)),
    check: async (signal: AbortSignal): Promise<void> => {
      try {
        const keys = await alone(prepareCheck);
        if (keys === undefined) return;
        const fetched = await fetch(keys, signal);
        await alone(async () => {
          // Given up meanwhile: nobody would hear of it.
          signal.throwIfAborted();
          tell(await take(fetched, keys));
          await lookIfOpen();
        });
      } catch (error) {
        if (signal.aborted) throw error;
        await alone(async () => tell(checkFailed(error)));
      }
    },
    /** Something may have changed beside the source: the time, how its Pods are, or what somebody wants. */
    look: (): Promise<void> =>
      alone(async () => {
        const { lastGood, record, awaitedBase } = checker;
        if ((lastGood !== undefined && record !== undefined) || awaitedBase !== undefined) tell(await lookAgain(checker));
      }),
    command: (word: RolloutCommand): Promise<CommandAnswer> => alone(() => carryOut(checker, word)),
    heard: (health: SourceHealth): void => rollouts.heard(health),
    /** Whether a text from the records of documents is one that was verified. */
    trusts: (text: Uint8Array): boolean => trusted.has(digestOf(text)),
    close: (): void => {
      place.close();
      repository.close();
      sourceImages.close();
    },
  };
};
