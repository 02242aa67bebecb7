import { beginNext, goBack, MAX_TRIAL_STARTS, passTrial, type Rollout, type RolloutAnswer, refusalOf } from './rollout.js';

/** How what runs of a source is. */
export type SourceHealth =
  /** Nobody knows yet. */
  | { readonly type: 'unknown' }
  /** All its Pods are ready, and what has to end well has. */
  | { readonly type: 'ready' }
  | { readonly type: 'progressing'; readonly message: string }
  /** Waiting longer would not help. */
  | { readonly type: 'failed'; readonly message: string };

/** Whether an answer may begin on this node now; `untilMs`: at which time of the machine's clock it is worth asking again, ms since 1970. */
export type Admission =
  | { readonly open: true }
  | { readonly open: false; readonly reason: 'OutsideWindow' | 'NotSelected'; readonly message: string; readonly untilMs?: number };

export interface TrialLimits {
  /** By when all must be ready, ms from the beginning. */
  readonly progressDeadlineMs: number;
  /** How long it must stay so, ms. */
  readonly minReadyMs: number;
}

/** The trial of `current` as this process sees it, by a clock that nobody sets, ms. */
export interface TrialClock {
  readonly digest: string;
  readonly startedMs: number;
  readonly readySinceMs?: number;
}

export interface RolloutFacts<Answer extends RolloutAnswer> {
  /** A clock that nobody sets, ms. */
  readonly nowMs: number;
  /** The machine's clock, ms since 1970. */
  readonly wallMs: number;
  readonly health: SourceHealth;
  readonly admits: (answer: Answer) => Admission;
  /** Whether an answer has to wait for its images, and how it is with them; it does so by itself, by hand and where nothing runs yet, too. Default: none has. */
  readonly awaits?: (answer: Answer) => string | undefined;
  /** Undefined: the answer begins without a trial. */
  readonly trialOf: (answer: Answer) => TrialLimits | undefined;
}

/** Why the newest answer is not what runs, or what is still open about what does. */
export type RolloutReason = 'Held' | 'Skipped' | 'RolledBack' | 'OutsideWindow' | 'NotSelected' | 'ImagesPending' | 'Progressing';

export interface RolloutDecision<Answer extends RolloutAnswer> {
  readonly rollout: Rollout<Answer>;
  readonly clock: TrialClock | undefined;
  /** What has changed of `current`: to be written to the disk before it is told, and then decided on again. */
  readonly change?: 'began' | 'passed' | 'returned';
  /** About `next`, or else about `current`. */
  readonly reason?: RolloutReason;
  readonly message?: string;
  /** When to decide anew though nothing has happened, ms from now. */
  readonly wakeAfterMs?: number;
}

/** A node whose clock is set may find that a window is open: it looks again after this long at the latest, ms. */
const MAX_WINDOW_WAIT_MS = 3_600_000;

/**
 * The next step of a rollout, one change at most. What is on trial is judged first; only then something new begins. Asked again with its own answer and the
 * same facts it changes nothing more, and wakes only when something may have changed by time alone.
 */
export const decideRollout = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  clock: TrialClock | undefined,
  facts: RolloutFacts<Answer>,
): RolloutDecision<Answer> => {
  const trial = judgeTrial(rollout, clock, facts);
  if (trial.change !== undefined) return trial;
  const next = judgeNext(rollout, trial, facts);
  // A trial goes on beside something newer that waits, and what is told is about the newest.
  const wakeAfterMs = Math.min(trial.wakeAfterMs ?? Number.POSITIVE_INFINITY, next.wakeAfterMs ?? Number.POSITIVE_INFINITY);
  return { ...next, ...(Number.isFinite(wakeAfterMs) && next.change === undefined && { wakeAfterMs }) };
};

const judgeTrial = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  known: TrialClock | undefined,
  { nowMs, wallMs, health, trialOf }: RolloutFacts<Answer>,
): RolloutDecision<Answer> => {
  const { current, good, state } = rollout;
  if (current === undefined || good === undefined) return { rollout, clock: undefined };
  const passed = (): RolloutDecision<Answer> => ({ rollout: passTrial(rollout), clock: undefined, change: 'passed' });
  const returned = (message: string): RolloutDecision<Answer> => ({
    rollout: goBack(rollout, { why: 'Failed', message, atMs: wallMs }),
    clock: undefined,
    change: 'returned',
  });
  const limits = trialOf(current);
  if (limits === undefined) return passed();
  const { progressDeadlineMs, minReadyMs } = limits;
  if ((state.trialStarts ?? 0) > MAX_TRIAL_STARTS)
    return returned(`the kubelet was started ${state.trialStarts} times before it had been ready for long enough`);
  // Going back at once would not help where that was failing, too; and a Pod that crashes takes its time to notice what was mended.
  if (health.type === 'failed' && state.mends === undefined) return returned(health.message);
  const { startedMs, readySinceMs: before } = known?.digest === current.digest ? known : { startedMs: nowMs, readySinceMs: undefined };
  const readySinceMs = health.type === 'ready' ? (before ?? nowMs) : undefined;
  if (readySinceMs !== undefined && nowMs - readySinceMs >= minReadyMs) return passed();
  if (readySinceMs === undefined && nowMs - startedMs >= progressDeadlineMs)
    return returned(`not all of it was ready within ${progressDeadlineMs / 1_000} s${'message' in health ? `: ${health.message}` : ''}`);
  return {
    rollout,
    clock: { digest: current.digest, startedMs, ...(readySinceMs !== undefined && { readySinceMs }) },
    reason: 'Progressing',
    message: 'message' in health ? health.message : health.type === 'ready' ? `ready; it has to stay so for ${minReadyMs / 1_000} s` : '',
    wakeAfterMs: readySinceMs === undefined ? startedMs + progressDeadlineMs - nowMs : readySinceMs + minReadyMs - nowMs,
  };
};

const judgeNext = <Answer extends RolloutAnswer>(
  rollout: Rollout<Answer>,
  trial: RolloutDecision<Answer>,
  { wallMs, health, admits, awaits, trialOf }: RolloutFacts<Answer>,
): RolloutDecision<Answer> => {
  const { current, next, good, state } = rollout;
  if (next === undefined) return trial;
  const waiting = (reason: RolloutReason, message: string): RolloutDecision<Answer> => ({ rollout, clock: trial.clock, reason, message });
  if (state.heldAtMs !== undefined) return waiting('Held', 'held by hand');
  const refusal = refusalOf(state, next);
  if (refusal !== undefined) return waiting(refusal.why === 'Failed' ? 'RolledBack' : 'Skipped', refusal.message);
  // A node with nothing to run is not made safer by waiting.
  const admission: Admission = current === undefined || state.urged === next.digest ? { open: true } : admits(next);
  if (!admission.open)
    return {
      ...waiting(admission.reason, admission.message),
      ...(admission.untilMs !== undefined && { wakeAfterMs: Math.min(MAX_WINDOW_WAIT_MS, Math.max(1_000, admission.untilMs - wallMs)) }),
    };
  const awaited = awaits?.(next);
  if (awaited !== undefined) return waiting('ImagesPending', awaited);
  // A node that has just started does not know yet; and what takes the place of a trial is judged by what served before that.
  const mends = good === undefined ? health.type !== 'ready' : state.mends === true;
  return { rollout: beginNext(rollout, { onTrial: trialOf(next) !== undefined, mends }), clock: undefined, change: 'began' };
};
