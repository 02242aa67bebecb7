import { describeError } from '@solo-kubelet/diagnostics';
import type { ManifestAnswer } from '@solo-kubelet/manifest-source';
import { commandRollout, type RolloutCommand } from '../core/rollout/rollout.js';
import type { Checker, CommandAnswer, Found } from './checker.js';
import { found, running } from './found.js';
import { SAVE_RETRY_MS, settle } from './settle.js';

/** What is told after a step of the rollout. */
const switched = (checker: Checker, { answer }: { readonly answer?: ManifestAnswer }): Found =>
  found(checker, answer && checker.lastGood && { type: 'switched', running: running(checker.lastGood) }, answer);

/** Decides on the rollout again. */
export const lookAgain = async (checker: Checker): Promise<Found> => {
  const { source, logger } = checker.options;
  try {
    const settled = await settle(checker, {});
    if (!settled.ok) throw new Error(settled.message);
    return switched(checker, settled);
  } catch (error) {
    logger.warn({ source: source.name, err: describeError(error) }, 'The rollout of a source cannot go on; trying again');
    return found(checker, undefined, undefined, SAVE_RETRY_MS);
  }
};

/** Carries out what somebody wants of the rollout, and tells what came of it. */
export const carryOut = async (checker: Checker, word: RolloutCommand): Promise<CommandAnswer> => {
  const { lastGood, record, rollouts, options } = checker;
  if (lastGood === undefined || record === undefined) return { ok: false, message: 'nothing of it runs yet' };
  const outcome = commandRollout(rollouts.current(), word, options.wallNow());
  if (!outcome.ok) return outcome;
  const { message } = outcome;
  try {
    const settled = await settle(checker, { from: outcome.rollout });
    if (!settled.ok) return settled;
    options.tell(switched(checker, settled));
    // What it was to go back to may not be verified any more.
    const meant = outcome.rollout.current?.digest;
    if (meant !== lastGood.answer.digest && checker.lastGood?.answer.digest === lastGood.answer.digest)
      return { ok: false, message: 'what ran before is not verified any more: there is no going back to it' };
    return { ok: true, message };
  } catch (error) {
    return { ok: false, message: describeError(error) };
  }
};
