import { describeError } from '@solo-kubelet/diagnostics';
import type { Examination } from '../answer/examine-answer.js';
import { digestOf, type KeptAnswer, type SourceRecord } from '../answer-store.js';
import { INITIAL_STATE, resumeRollout } from '../core/rollout/rollout.js';
import { heldAnswer } from '../rollout/held-answer.js';
import { readVerificationKeys, type VerificationKey } from '../signatures/verification-keys.js';
import { type Checker, examine, type Found, type LastGood } from './checker.js';
import { asked, failed, found, running } from './found.js';
import { holdAnswer } from './hold-answer.js';
import { SAVE_RETRY_MS, settle } from './settle.js';

/** Reads what lies on disk, unless it is known already. @throws Error where it can't be read */
export const load = async (checker: Checker): Promise<void> => {
  if (checker.isLoaded) return;
  checker.record = await checker.store.load();
  checker.isLoaded = true;
};

/** What lies on disk, verified again; undefined where there is nothing. */
export const restore = async (checker: Checker): Promise<Found | undefined> => {
  try {
    await load(checker);
    const { record, options } = checker;
    return record && (await restoreRecord(checker, record, await readVerificationKeys(options.source)));
  } catch (error) {
    return failed(checker, 'LastGoodUnusable', `what was kept on disk is not used: ${describeError(error)}`);
  }
};

/** Takes up what a record holds, with the keys as they are now, and goes on with its rollout. */
export const restoreRecord = async (checker: Checker, kept: SourceRecord, keys: readonly VerificationKey[]): Promise<Found> => {
  const { options, rollouts, images, trusted } = checker;
  const { source, logger } = options;
  const verify = (answer: KeptAnswer): Promise<Examination> => examine(checker, answer, keys);
  const { current, previous, next, good, rollout: state = INITIAL_STATE } = kept;
  const examined = await verify(current);
  if (!examined.ok)
    return failed(checker, 'LastGoodUnusable', `what was kept on disk is not used: ${examined.reason}: ${examined.message}`);
  const before = previous && (await verify(previous));
  if (before?.ok) trusted.add(digestOf(before.answer.text));
  const [upcoming, back] = [next && (await verify(next)), good && (await verify(good))];
  if (back?.ok === false)
    logger.warn(
      { source: source.name, err: back.message },
      'The last good revision of a source is not verified any more: there is no going back to it',
    );
  const answer = heldAnswer(current, examined.answer);
  const lastGood = holdAnswer(checker, answer, examined.answer, keys);
  checker.validators = kept.validators;
  // What was not verified any more is asked for again, and refused with the reason.
  checker.mayBeUnchanged = kept.urlDigest === checker.urlDigest && upcoming?.ok !== false;
  const { trialStarts: _starts, mends: _mends, ...calm } = state;
  const goodAnswer = good && back?.ok ? heldAnswer(good, back.answer) : undefined;
  for (const [one, result] of [
    [previous, before],
    [next, upcoming],
    [good, back],
  ] as const)
    if (one !== undefined && result?.ok) images.note(digestOf(one.content), result.answer);
  rollouts.reset({
    current: answer,
    ...(next && upcoming?.ok && { next: heldAnswer(next, upcoming.answer) }),
    ...(goodAnswer && { good: goodAnswer }),
    state: goodAnswer === undefined ? calm : state,
  });
  const resumed = resumeRollout(rollouts.current());
  const settled = await settle(checker, { from: resumed, base: kept, keys, examined: [[answer, examined.answer]] });
  const finding = { type: 'restored', running: running(checker.lastGood ?? lastGood) } as const;
  if (settled.ok) return found(checker, finding, settled.answer ?? asked(checker, examined.answer));
  // A disk that takes nothing is no reason not to run what is on it.
  logger.warn({ source: source.name, err: settled.message }, 'The rollout of a source cannot be written down; trying again');
  return found(checker, finding, asked(checker, examined.answer), SAVE_RETRY_MS);
};

/** Keys have changed since: a server that says that nothing has must not vouch for what they don't. */
export const verifyAnew = async (checker: Checker, { answer }: LastGood, keys: readonly VerificationKey[]): Promise<void> => {
  const examined = await examine(checker, answer.kept, keys);
  if (examined.ok) holdAnswer(checker, answer, examined.answer, keys);
  else checker.mayBeUnchanged = false;
};
