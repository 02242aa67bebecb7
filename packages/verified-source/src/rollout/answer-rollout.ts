import { decideRollout, type RolloutDecision, type SourceHealth, type TrialClock } from '../core/rollout/decide-rollout.js';
import { INITIAL_STATE, type Rollout } from '../core/rollout/rollout.js';
import type { SourceRollout } from '../core/rollout/rollout-policy.js';
import type { RolloutFinding } from '../core/source-status.js';
import { admitAnswer, trialLimits } from './admit-answer.js';
import type { HeldAnswer } from './held-answer.js';

export interface AnswerRolloutOptions {
  readonly policy: SourceRollout | undefined;
  readonly nodeName: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Whether anybody says how what runs is; without that nothing is on trial. */
  readonly hasHealth: boolean;
  /** A clock that nobody sets, ms. */
  readonly now: () => number;
  /** Why an answer has to wait for its images; undefined: it has not. */
  readonly awaited: (images: HeldAnswer['images']) => string | undefined;
}

export interface RolloutStep {
  readonly rollout: Rollout<HeldAnswer>;
  /** Whether the newest answer was given up, since it is not verified any more. */
  readonly lostNext: boolean;
  /** It is written down: from now on it is so. */
  accept(): void;
}

/** A beginning, a return and a beginning again, and one more that shows that it is calm. */
const MAX_STEPS = 6;

/** Which answer of a source runs, and what it waits for. Nothing is so before it is accepted. */
export const createAnswerRollout = ({ policy, nodeName, nodeLabels, hasHealth, now, awaited }: AnswerRolloutOptions) => {
  const node = { name: nodeName, labels: nodeLabels };
  let rollout: Rollout<HeldAnswer> = { state: INITIAL_STATE };
  let clock: TrialClock | undefined;
  let health: SourceHealth = { type: 'unknown' };
  /** Whether what runs has not been told to anybody yet: whatever is said of its Pods is about the ones before. */
  let isUntold = false;
  let decision: RolloutDecision<HeldAnswer> = { rollout, clock };

  const decide = (from: Rollout<HeldAnswer>, at: TrialClock | undefined, wallMs: number): RolloutDecision<HeldAnswer> =>
    decideRollout(from, at, {
      nowMs: now(),
      wallMs,
      // What was told is about what runs: of something that is only about to, nobody knows anything.
      health: from.current?.digest === rollout.current?.digest && !isUntold ? health : { type: 'unknown' },
      admits: ({ terms }) => admitAnswer(terms, policy, node, wallMs),
      awaits: ({ images }) => awaited(images),
      trialOf: ({ terms }) => (hasHealth ? trialLimits(terms, policy) : undefined),
    });

  return {
    current: (): Rollout<HeldAnswer> => rollout,
    reset: (to: Rollout<HeldAnswer>): void => {
      rollout = to;
      clock = undefined;
      isUntold = true;
      decision = { rollout, clock };
    },
    heard: (news: SourceHealth): void => {
      health = news;
    },
    /** Everybody knows what runs. */
    told: (): void => {
      isUntold = false;
    },
    /** The same answer, as it was written down. */
    replaceCurrent: (current: HeldAnswer): void => {
      rollout = { ...rollout, current };
    },
    /** Decides until nothing changes any more. `verify`: an answer must still be what its source requires when it begins or comes back. */
    advance: async (from: Rollout<HeldAnswer>, verify: (answer: HeldAnswer) => Promise<boolean>, wallMs: number): Promise<RolloutStep> => {
      let lostNext = false;
      // Somebody's command has gone back before anything was decided.
      const isBack = from.current !== undefined && from.current.digest !== rollout.current?.digest;
      const start = isBack && from.current && !(await verify(from.current)) ? withoutGood(from, rollout) : from;
      let step: RolloutDecision<HeldAnswer> = { rollout: start, clock };
      for (let count = 0; count < MAX_STEPS; count += 1) {
        const before = step.rollout;
        step = decide(before, step.clock, wallMs);
        if (step.change === undefined) break;
        const { current } = step.rollout;
        if (current === undefined || (await verify(current))) continue;
        if (step.change === 'began') lostNext = true;
        step = { rollout: step.change === 'began' ? withoutNext(before) : withoutGood(step.rollout, before), clock: undefined };
      }
      const settled = step;
      return {
        rollout: settled.rollout,
        lostNext,
        accept: () => {
          if (rollout.current?.digest !== settled.rollout.current?.digest) {
            health = { type: 'unknown' };
            isUntold = true;
          }
          ({ rollout, clock } = settled);
          decision = settled;
        },
      };
    },
    view: (): {
      readonly finding: RolloutFinding;
      /** What it may go back to. */
      readonly good: HeldAnswer | undefined;
      readonly wakeAfterMs: number | undefined;
    } => {
      const { reason, message = '', wakeAfterMs } = decision;
      const refusedRevision = rollout.state.refused.at(-1);
      const about = reason === 'Progressing' ? rollout.current : rollout.next;
      const held = rollout.state.heldAtMs !== undefined && reason === undefined;
      const shown = held ? ('Held' as const) : reason;
      return {
        finding: {
          ...(shown && {
            rollout: {
              reason: shown,
              message: held ? 'held by hand' : message,
              ...(about?.revision !== undefined && { revision: about.revision }),
              ...(about && { digest: about.digest }),
            },
          }),
          ...(rollout.good && { onTrial: true as const }),
          ...(refusedRevision && { refusedRevision }),
        },
        good: rollout.good,
        wakeAfterMs,
      };
    },
  };
};

const withoutNext = ({ next: _next, ...rest }: Rollout<HeldAnswer>): Rollout<HeldAnswer> => rest;

/** There is no going back: what has failed runs on, and that it failed is known. */
const withoutGood = (returned: Rollout<HeldAnswer>, before: Rollout<HeldAnswer>): Rollout<HeldAnswer> => {
  const { good: _good, state: _state, ...rest } = before;
  return { ...rest, state: returned.state };
};
