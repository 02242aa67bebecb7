import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import {
  type ManifestAnswer,
  ManifestSourceError,
  type ParseManifest,
  type PrepareManifest,
  redactUrl,
} from '@solo-kubelet/manifest-source';
import type { FileLayer } from '@solo-kubelet/state-files';
import { createKeyedLocks } from '@solo-kubelet/timers/turns';
import { type AnswerStore, digestOf, openAnswerStore, type SourceRecord } from './answer-store.js';
import { isBundleUrl } from './core/bundle-url.js';
import type { ImageList } from './core/image-list.js';
import { judgeRevision } from './core/judge-revision.js';
import type { SourceHealth } from './core/rollout/decide-rollout.js';
import {
  commandRollout,
  INITIAL_STATE,
  offerAnswer,
  type Rollout,
  type RolloutCommand,
  renewAnswer,
  resumeRollout,
} from './core/rollout/rollout.js';
import type { SourceDefinition } from './core/source-definition.js';
import type { SourceRevision } from './core/source-revision.js';
import type { RolloutFinding, RunningAnswer, SourceFinding, SourceReason } from './core/source-status.js';
import { type ExaminedAnswer, examineAnswer } from './examine-answer.js';
import { type FetchedAnswer, fetchAnswer } from './fetch-answer.js';
import { readOffer, removeOffer } from './offers.js';
import { type PlaceOptions, placeOf } from './places/place-of.js';
import { createAnswerRollout } from './rollout/answer-rollout.js';
import { type HeldAnswer, heldAnswer } from './rollout/held-answer.js';
import { wantedImages } from './rollout/wanted-images.js';
import { createTufRepository } from './tuf/tuf-repository.js';
import { readVerificationKeys, type VerificationKey } from './verification-keys.js';
import { VerifiedSourceError } from './verified-source-error.js';
import { type DetachedSignature, shownKey } from './verify-answer.js';
import { verifyContent } from './verify-content.js';

/** What a look at a source came to, and what it asks for from now on where that is told again. */
export interface Found {
  /** Default: nothing was looked at. */
  readonly finding?: SourceFinding;
  readonly answer?: ManifestAnswer;
  readonly rollout: RolloutFinding;
  /** Images that it may go back to. */
  readonly keptImages: readonly string[];
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
  readonly logger: Logger;
  /** Hears of everything in the order in which it came about. */
  readonly tell: (found: Found) => void;
  /** Called when everybody knows what runs now. */
  readonly taken: () => void;
}

/** What runs is to the checks that follow. */
interface LastGood {
  readonly answer: HeldAnswer;
  readonly said: SourceRevision | undefined;
  readonly verifiedBy: string;
  readonly elsewhere: readonly string[];
  /** The keys by which it was verified, to notice when they are others. */
  readonly keys: string;
}

/** How soon what could not be written down is tried again without a check, ms. */
const SAVE_RETRY_MS = 30_000;

interface SettleOptions {
  /** Default: as it is. */
  readonly from?: Rollout<HeldAnswer>;
  /** Default: what is on record. */
  readonly base?: Pick<SourceRecord, 'kept' | 'validators' | 'urlDigest'>;
  /** Default: they are read when they are needed. */
  readonly keys?: readonly VerificationKey[];
  /** What is known already of some of them. */
  readonly examined?: readonly (readonly [HeldAnswer, ExaminedAnswer])[];
}

type Settled =
  /** `answer`: where another one runs from now on. */
  { readonly ok: true; readonly answer?: ManifestAnswer } | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

/** Asks a source, decides what becomes of the answer, and keeps what is good before anybody hears of it. One check at a time; all else at any time. */
export const createChecker = (options: CheckerOptions) => {
  const { source, url, authorization, env, logins, path, nodeName, directory, prepare, parse, wallNow, files, logger, tell, taken } =
    options;
  const store: AnswerStore = openAnswerStore(directory, logger, files);
  const place = placeOf({ source, env, logins, wallNow });
  const repository = createTufRepository({ source, url, authorization, directory, files, logger });
  const urlDigest = digestOf(url);
  const rollouts = createAnswerRollout({ policy: source.rollout, ...options });
  const locks = createKeyedLocks();
  const alone = <T>(work: () => Promise<T>): Promise<T> => locks.run(directory, 'exclusive', work);
  let isLoaded = false;
  let record: SourceRecord | undefined;
  let lastGood: LastGood | undefined;
  /** Images of answers that are at hand, by digest: those that they name, and those that came along with them. */
  const images = new Map<string, { readonly wanted: readonly string[]; readonly along: readonly string[] }>();
  /** What the server said about the newest answer; after a move of it, in memory alone. */
  let validators: SourceRecord['validators'] = {};
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

  const hold = (answer: HeldAnswer, examined: ExaminedAnswer, keys: readonly VerificationKey[]): LastGood => {
    const { said, verifiedBy, text, elsewhere } = examined;
    trusted.add(digestOf(text));
    noteImages(answer.digest, examined);
    if (elsewhere.length > 0 && lastGood?.answer.digest !== answer.digest)
      logger.debug({ source: source.name, elsewhere }, 'Documents of a source are for other nodes');
    return { answer, said, verifiedBy, elsewhere, keys: nameKeys(keys) };
  };

  const asked = ({ text, prepared }: ExaminedAnswer): ManifestAnswer => ({
    type: 'text',
    text,
    ...(prepared && { prepared }),
    taken: () => {
      rollouts.told();
      taken();
    },
  });

  const noteImages = (digest: string, { text, prepared, imageList }: ExaminedAnswer): void => {
    if (images.has(digest)) return;
    images.set(digest, { wanted: wantedImages(prepared ?? text, { path, nodeName, parse }), along: namesOf(imageList) });
  };

  const running = ({ answer: { kept, digest }, verifiedBy, elsewhere }: LastGood): RunningAnswer => ({
    revision: kept.revision,
    digest,
    verifiedBy,
    appliedAtMs: kept.appliedAtMs,
    elsewhere: elsewhere.length,
    // Of all that may come to run without a network, too.
    images: [...new Set([...images.values()].flatMap(({ along }) => along))].sort(),
  });

  const found = (finding: SourceFinding | undefined, answer?: ManifestAnswer, wakeAfterMs?: number): Found => {
    const view = rollouts.view();
    const wake = wakeAfterMs ?? view.wakeAfterMs;
    return {
      rollout: view.finding,
      keptImages: view.good === undefined ? [] : (images.get(view.good.digest)?.wanted ?? []),
      ...(finding && { finding }),
      ...(answer && { answer }),
      ...(wake !== undefined && { wakeAfterMs: wake }),
    };
  };

  const failed = (reason: SourceReason, message: string): Found =>
    found({ type: 'failed', reason, message }, { type: 'failed', message: `${reason}: ${message}` });

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
    const { current, previous, next, good, rollout: state = INITIAL_STATE } = kept;
    const examined = await examine(current.content, current.signature, keys);
    if (!examined.ok) return failed('LastGoodUnusable', `what was kept on disk is not used: ${examined.reason}: ${examined.message}`);
    const before = previous && (await examine(previous.content, previous.signature, keys));
    if (before?.ok) trusted.add(digestOf(before.answer.text));
    const [upcoming, back] = [
      next && (await examine(next.content, next.signature, keys)),
      good && (await examine(good.content, good.signature, keys)),
    ];
    if (back?.ok === false)
      logger.warn(
        { source: source.name, err: back.message },
        'The last good revision of a source is not verified any more: there is no going back to it',
      );
    const answer = heldAnswer(current, examined.answer);
    lastGood = hold(answer, examined.answer, keys);
    validators = kept.validators;
    // What was not verified any more is asked for again, and refused with the reason.
    mayBeUnchanged = kept.urlDigest === urlDigest && upcoming?.ok !== false;
    const { trialStarts: _starts, ...calm } = state;
    const goodAnswer = good && back?.ok ? heldAnswer(good, back.answer) : undefined;
    for (const [one, result] of [
      [previous, before],
      [next, upcoming],
      [good, back],
    ] as const)
      if (one !== undefined && result?.ok) noteImages(digestOf(one.content), result.answer);
    rollouts.reset({
      current: answer,
      ...(next && upcoming?.ok && { next: heldAnswer(next, upcoming.answer) }),
      ...(goodAnswer && { good: goodAnswer }),
      state: goodAnswer === undefined ? calm : state,
    });
    const resumed = resumeRollout(rollouts.current());
    const settled = await settle({ from: resumed, base: kept, keys, examined: [[answer, examined.answer]] });
    if (settled.ok) return found({ type: 'restored', running: running(lastGood) }, settled.answer ?? asked(examined.answer));
    // A disk that takes nothing is no reason not to run what is on it.
    logger.warn({ source: source.name, err: settled.message }, 'The rollout of a source cannot be written down; trying again');
    return found({ type: 'restored', running: running(lastGood) }, asked(examined.answer), SAVE_RETRY_MS);
  };

  /** Lets the rollout come to what it comes to, and writes that down before anything of it is told. */
  const settle = async ({ from = rollouts.current(), base = record, ...given }: SettleOptions): Promise<Settled> => {
    let { keys } = given;
    const keysNow = async (): Promise<readonly VerificationKey[]> => {
      keys ??= await readVerificationKeys(source);
      return keys;
    };
    const known = new Map(given.examined);
    const nowMs = Math.max(wallNow(), record?.clockMs ?? 0);
    const verify = async (answer: HeldAnswer): Promise<boolean> => {
      if (answer === lastGood?.answer || known.has(answer)) return true;
      const again = await examine(answer.kept.content, answer.kept.signature, await keysNow());
      const expiresMs = again.ok ? again.answer.said?.expiresMs : undefined;
      const isExpired = answer === from.next && expiresMs !== undefined && nowMs >= expiresMs && source.require === 'signature';
      if (again.ok && !isExpired) {
        known.set(answer, again.answer);
        return true;
      }
      logger.warn(
        { source: source.name, revision: answer.revision, err: again.ok ? 'Expired' : `${again.reason}: ${again.message}` },
        'A revision of a source that was kept is not used any more',
      );
      return false;
    };
    // Windows are of the clock as it is: one that was far ahead for a moment would shut them for as long.
    const step = await rollouts.advance(from, verify, wallNow());
    const { current, next, good } = step.rollout;
    if (current === undefined || base === undefined) return { ok: true };
    if (step.lostNext) mayBeUnchanged = false;
    const isSame = step.rollout === rollouts.current() && base === record;
    const isSwitched = current.digest !== lastGood?.answer.digest || current.revision !== lastGood.answer.revision;
    if (!isSame) {
      const previous = isSwitched ? (lastGood?.answer.kept ?? record?.previous) : record?.previous;
      const { state } = step.rollout;
      const following: SourceRecord = {
        current: isSwitched ? { ...current.kept, appliedAtMs: nowMs } : current.kept,
        ...(previous && { previous }),
        ...(next && { next: next.kept }),
        ...(good && { good: good.kept }),
        ...((state.refused.length > 0 || Object.keys(state).length > 1) && { rollout: state }),
        ...(base.kept && { kept: base.kept }),
        clockMs: nowMs,
        validators: base.validators,
        urlDigest: base.urlDigest,
      };
      try {
        // Before anything runs of it: what runs can be started again without a network, and its revision is never forgotten.
        await store.save(following);
      } catch (error) {
        // After some failures the new one is there all the same: what is on disk is read again before the next answer is judged.
        isLoaded = false;
        return { ok: false, reason: 'NotKept', message: `it could not be kept on disk, so nothing of it runs: ${describeError(error)}` };
      }
      record = following;
    }
    step.accept();
    const result = known.get(current);
    if (result === undefined) return { ok: true };
    lastGood = hold(isSwitched && record !== undefined ? { ...current, kept: record.current } : current, result, await keysNow());
    rollouts.replaceCurrent(lastGood.answer);
    forgetImages();
    return { ok: true, ...(isSwitched && { answer: asked(result) }) };
  };

  /** Of what is not at hand any more. */
  const forgetImages = (): void => {
    const { current, next, good } = rollouts.current();
    const previous = record?.previous && digestOf(record.previous.content);
    const held = new Set([current?.digest, next?.digest, good?.digest, previous]);
    for (const digest of images.keys()) if (!held.has(digest)) images.delete(digest);
  };

  /** Something may have changed beside the source: the time, how its Pods are, or what somebody wants. */
  const look = (): Promise<void> =>
    alone(async () => {
      if (lastGood === undefined || record === undefined) return;
      tell(await lookAgain());
    });

  /** By now it may be time for what waits, or for a verdict. */
  const lookIfOpen = async (): Promise<void> => {
    const { next, good } = rollouts.current();
    if (lastGood !== undefined && (next !== undefined || good !== undefined)) tell(await lookAgain());
  };

  const lookAgain = async (): Promise<Found> => {
    try {
      const settled = await settle({});
      if (!settled.ok) throw new Error(settled.message);
      return found(settled.answer && lastGood && { type: 'switched', running: running(lastGood) }, settled.answer);
    } catch (error) {
      logger.warn({ source: source.name, err: describeError(error) }, 'The rollout of a source cannot go on; trying again');
      return found(undefined, undefined, SAVE_RETRY_MS);
    }
  };

  const command = (word: RolloutCommand): Promise<CommandAnswer> =>
    alone(async () => {
      if (lastGood === undefined || record === undefined) return { ok: false, message: 'nothing of it runs yet' };
      const outcome = commandRollout(rollouts.current(), word, wallNow());
      if (!outcome.ok) return outcome;
      const { message } = outcome;
      try {
        const settled = await settle({ from: outcome.rollout });
        if (!settled.ok) return settled;
        tell(found(settled.answer && { type: 'switched', running: running(lastGood) }, settled.answer));
        return { ok: true, message };
      } catch (error) {
        return { ok: false, message: describeError(error) };
      }
    });

  const check = async (signal: AbortSignal): Promise<void> => {
    try {
      const looked = await alone(async () => {
        await load();
        const keys = await readVerificationKeys(source);
        if (lastGood === undefined && record !== undefined) {
          // A key file or an identity that was not there at the start may be there now.
          const restored = await restoreRecord(record, keys);
          if (restored.finding?.type === 'restored') {
            tell(restored);
            return undefined;
          }
        }
        if (lastGood !== undefined && lastGood.keys !== nameKeys(keys)) await verifyAnew(lastGood, keys);
        const brought = await takeOffer(keys);
        if (brought !== undefined || isBundleUrl(url)) {
          tell(brought ?? (lastGood === undefined ? failed('NotFound', 'no bundle came yet: kubelet-cli bundle apply FILE') : unchanged()));
          await lookIfOpen();
          return undefined;
        }
        return { keys };
      });
      if (looked === undefined) return;
      const fetched = await fetch(looked.keys, signal);
      await alone(async () => {
        // Given up meanwhile: nobody would hear of it.
        signal.throwIfAborted();
        tell(await take(fetched, looked.keys));
        await lookIfOpen();
      });
    } catch (error) {
      if (signal.aborted) throw error;
      await alone(async () => tell(checkFailed(error)));
    }
  };

  const fetch = async (keys: readonly VerificationKey[], signal: AbortSignal): Promise<FetchedAnswer> => {
    const [key] = keys;
    const isKnown = mayBeUnchanged && lastGood !== undefined;
    if (key?.type === 'tuf') {
      const { current, next } = rollouts.current();
      const { content, signature } = (isKnown ? (next ?? current)?.kept : undefined) ?? {};
      return repository.ask({
        trustedRoot: key.root,
        known: content && signature && { content, proof: signature.text },
        nowMs: Math.max(wallNow(), record?.clockMs ?? 0),
        signal,
      });
    }
    const inquiry = await place.open(signal);
    return fetchAnswer({ source, inquiry, keys, validators: isKnown ? validators : {} });
  };

  const checkFailed = (error: unknown): Found => {
    if (VerifiedSourceError.is(error))
      return failed(error.code === 'SOURCE_KEY_INVALID' ? 'KeyInvalid' : 'CredentialsUnusable', error.message);
    if (ManifestSourceError.is(error)) return failed('CredentialsUnusable', error.message);
    // Without it nobody knows which revisions were seen: nothing may be taken meanwhile.
    if (!isLoaded) return failed('NotKept', `what was kept on disk can't be read: ${describeError(error)}`);
    throw error;
  };

  /** Keys have changed since: a server that says that nothing has must not vouch for what they don't. */
  const verifyAnew = async (known: LastGood, keys: readonly VerificationKey[]): Promise<void> => {
    const { content, signature } = known.answer.kept;
    const examined = await examine(content, signature, keys);
    if (examined.ok) lastGood = hold(known.answer, examined.answer, keys);
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
      const came = await takeAnswer(
        { type: 'answer', content, signatures: signature ? [signature] : [], validators: {} },
        keys,
        'the bundle',
      );
      const { finding } = came;
      if (finding?.type !== 'failed' || finding.reason !== 'NotKept') await removeOffer(directory, { files });
      return came;
    } catch (error) {
      return failed('NotKept', `a bundle that was brought can't be read or put away: ${describeError(error)}`);
    }
  };

  /** The first that is good, or else the first. */
  const pickSignature = async (content: Uint8Array, signatures: readonly DetachedSignature[], keys: readonly VerificationKey[]) => {
    if (signatures.length > 1) for (const one of signatures) if ((await verifyContent(source, content, one, keys)).ok) return one;
    return signatures[0];
  };

  const takeAnswer = async (
    fetched: FetchedAnswer & { type: 'answer' },
    keys: readonly VerificationKey[],
    shown = redactUrl(url),
  ): Promise<Found> => {
    mayBeUnchanged = false;
    const { content, signatures } = fetched;
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
    const kept = { content, appliedAtMs: nowMs, ...(signature && { signature }), ...(revision !== undefined && { revision }) };
    const offered = heldAnswer(kept, answer);
    noteImages(digest, answer);
    const { current, next } = rollouts.current();
    const newest = next ?? current;
    validators = fetched.validators;
    const isKnown = lastGood !== undefined && newest?.digest === digest && newest.revision === revision;
    if (isKnown && lastGood !== undefined && newest.kept.signature?.text === signature?.text) {
      if (next === undefined) lastGood = hold(lastGood.answer, answer, keys);
      mayBeUnchanged = true;
      return found({ type: 'unchanged' }, { type: 'unchanged' });
    }
    // Signed anew, perhaps by the key that takes the place of the old one: by what is kept it has to be verified where there is no network.
    const renewed = isKnown ? { ...offered, kept: { ...kept, appliedAtMs: newest.kept.appliedAtMs } } : offered;
    const before = lastGood === undefined ? { state: record?.rollout ?? INITIAL_STATE } : rollouts.current();
    const settled = await settle({
      from: isKnown ? renewAnswer(before, renewed) : offerAnswer(before, renewed),
      base: {
        ...(revision === undefined || source.require !== 'signature'
          ? record?.kept && { kept: record.kept }
          : { kept: { revision, digest } }),
        validators,
        urlDigest,
      },
      keys,
      examined: [[renewed, answer]],
    });
    if (!settled.ok) return failed(settled.reason, `${shown}: ${settled.message}`);
    mayBeUnchanged = true;
    if (lastGood !== undefined && isKnown && next === undefined && settled.answer === undefined)
      return found({ type: 'applied', running: running(lastGood) }, { type: 'unchanged' });
    if (settled.answer === undefined || lastGood === undefined) return found({ type: 'unchanged' }, { type: 'unchanged' });
    return found({ type: 'applied', running: running(lastGood) }, settled.answer);
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
    return found({ type: 'unchanged' }, { type: 'unchanged' });
  };

  return {
    restore: () => alone(restore),
    check,
    look,
    command,
    heard: (health: SourceHealth): void => rollouts.heard(health),
    /** Whether a text from the records of documents is one that was verified. */
    trusts: (text: Uint8Array): boolean => trusted.has(digestOf(text)),
    close: (): void => {
      place.close();
      repository.close();
    },
  };
};

const nameKeys = (keys: readonly VerificationKey[]): string => keys.map(shownKey).join(' ');

const namesOf = (list: ImageList | undefined): readonly string[] => list?.images.map(({ name }) => name) ?? [];
