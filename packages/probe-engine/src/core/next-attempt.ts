import { type ProbeTarget, probeTiming } from '../probe-target.js';

/** Delay to the first attempt of a target, ms, and whether the target is one that ran before the engine did. */
export interface FirstAttempt {
  readonly target: ProbeTarget;
  readonly nowMs: number;
  /** When the engine started. */
  readonly engineStartedAtMs: number;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * When a new target is first tried: at once, or when its initial delay has passed. Containers found running at the engine's start are spread
 * over one period, so that a restarted kubelet does not probe everything in step.
 */
export const firstAttemptDelayMs = ({ target, nowMs, engineStartedAtMs, random }: FirstAttempt): number => {
  const { initialDelaySeconds, periodMs } = probeTiming(target.probe);
  const delayMs = initialDelaySeconds * 1_000;
  const remainingMs = Math.min(delayMs, Math.max(0, target.startedAtMs + delayMs - nowMs));
  const found = target.startedAtMs < engineStartedAtMs && nowMs - engineStartedAtMs < periodMs;
  return Math.max(remainingMs, found ? Math.floor(random * periodMs) : 0);
};

/** Runtimes tell nanoseconds, timers and our clock milliseconds: a tick may seem this much early, ms. */
const CLOCK_SLACK_MS = 5;

/** What to do with a tick. `uncounted`: try, but a failure says nothing yet. */
export type TickDecision = 'skip' | 'uncounted' | 'counted';

/**
 * Whether a tick makes an attempt: not before the initial delay (in whole seconds since the start), not for a startup probe of a started container, nor
 * for the others of one that has not. Without an initial delay a container gets one period to come up before a liveness or startup failure counts.
 */
export const decideTick = (target: ProbeTarget, nowMs: number): TickDecision => {
  const { initialDelaySeconds, periodMs } = probeTiming(target.probe);
  if ((target.kind === 'startup') === target.started) return 'skip';
  const upMs = nowMs - target.startedAtMs + CLOCK_SLACK_MS;
  // A start that lies in the future is a clock that was set back: no reason to stop probing.
  if (upMs < 0) return 'counted';
  if (Math.floor(upMs / 1_000) < initialDelaySeconds) return 'skip';
  if (target.kind === 'readiness' || initialDelaySeconds > 0) return 'counted';
  return upMs < periodMs ? 'uncounted' : 'counted';
};
