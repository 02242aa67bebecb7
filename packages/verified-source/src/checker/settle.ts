import { describeError } from '@solo-kubelet/diagnostics';
import type { ManifestAnswer } from '@solo-kubelet/manifest-source';
import type { ExaminedAnswer } from '../answer/examine-answer.js';
import { digestOf, type SourceRecord } from '../answer-store.js';
import type { Rollout } from '../core/rollout/rollout.js';
import type { SourceReason } from '../core/source-status.js';
import type { HeldAnswer } from '../rollout/held-answer.js';
import { readVerificationKeys, type VerificationKey } from '../signatures/verification-keys.js';
import { type Checker, examine, timeOf } from './checker.js';
import { asked } from './found.js';
import { holdAnswer } from './hold-answer.js';

/** How soon what could not be written down is tried again without a check, ms. */
export const SAVE_RETRY_MS = 30_000;

export interface SettleOptions {
  /** Default: as it is. */
  readonly from?: Rollout<HeldAnswer>;
  /** Default: what is on record. */
  readonly base?: Pick<SourceRecord, 'kept' | 'validators' | 'urlDigest'>;
  /** Default: they are read when they are needed. */
  readonly keys?: readonly VerificationKey[];
  /** What is known already of some of them. */
  readonly examined?: readonly (readonly [HeldAnswer, ExaminedAnswer])[];
}

export type Settled =
  /** `answer`: where another one runs from now on. */
  { readonly ok: true; readonly answer?: ManifestAnswer } | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

/** Lets the rollout come to what it comes to, and writes that down before anything of it is told. */
export const settle = async (checker: Checker, given: SettleOptions): Promise<Settled> => {
  const { options, rollouts, store } = checker;
  const { source, logger, wallNow } = options;
  const { from = rollouts.current(), base = checker.awaitedBase ?? checker.record } = given;
  let { keys } = given;
  const keysNow = async (): Promise<readonly VerificationKey[]> => {
    keys ??= await readVerificationKeys(source);
    return keys;
  };
  const known = new Map(given.examined);
  const nowMs = timeOf(checker);
  const verify = async (answer: HeldAnswer): Promise<boolean> => {
    if (answer === checker.lastGood?.answer || known.has(answer)) return true;
    const again = await examine(checker, answer.kept, await keysNow());
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
  if (base === undefined) return { ok: true };
  if (current === undefined) {
    // Nothing of it is on record: after a restart it is asked for again.
    step.accept();
    checker.awaitedBase = next === undefined ? undefined : base;
    return { ok: true };
  }
  if (step.lostNext) checker.mayBeUnchanged = false;
  const { record, lastGood } = checker;
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
      checker.isLoaded = false;
      return { ok: false, reason: 'NotKept', message: `it could not be kept on disk, so nothing of it runs: ${describeError(error)}` };
    }
    checker.record = following;
    checker.awaitedBase = undefined;
  }
  step.accept();
  const result = known.get(current);
  if (result === undefined) return { ok: true };
  const kept = isSwitched ? (checker.record?.current ?? current.kept) : current.kept;
  const { answer } = holdAnswer(checker, { ...current, kept }, result, await keysNow());
  rollouts.replaceCurrent(answer);
  forgetImages(checker);
  return { ok: true, ...(isSwitched && { answer: asked(checker, result) }) };
};

/** Of what is not at hand any more. */
const forgetImages = ({ rollouts, images, record }: Checker): void => {
  const { current, next, good } = rollouts.current();
  const previous = record?.previous && digestOf(record.previous.content);
  images.keepOnly(new Set([current?.digest, next?.digest, good?.digest, previous]));
};
