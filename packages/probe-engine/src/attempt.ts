import { describeError } from '@solo-kubelet/diagnostics';
import { whileDoing } from '@solo-kubelet/diagnostics/doing';
import { from, type SchedulerLike, type Subscription } from 'rxjs';
import type { AnyProbeHandler, ProbeAttemptOptions, ProbeOutcome } from './probe-handler.js';
import { type ProbeTarget, probeTiming } from './probe-target.js';

/** Tries in a row when the attempt itself can't be made (`maxProbeRetries` in pkg/kubelet/prober/prober.go). */
const MAX_TRIES = 3;

/** How long a handler may take to answer after its time is up, ms. */
export const ABORT_GRACE_MS = 500;

/**
 * One attempt: up to three tries in a row while they can't be made, each limited to `timeoutSeconds`. Calls `done` once, unless the
 * returned function is called before. Takes a callback because it runs a thousand times a second.
 */
export const startAttempt = (
  handlers: ReadonlyMap<string, AnyProbeHandler>,
  target: ProbeTarget,
  scheduler: SchedulerLike,
  done: (outcome: ProbeOutcome) => void,
): (() => void) => {
  const call = findHandler(handlers, target);
  if (call === undefined) {
    done(unserved(target));
    return () => {};
  }
  let cancelled = false;
  let cancel = (): void => {};
  const next = (tries: number): void => {
    cancel = tryOnce(call.handler, call.action, target, scheduler, ({ outcome, late }) => {
      if (cancelled) return;
      if (outcome.result === 'unknown' && !late && tries < MAX_TRIES) next(tries + 1);
      else done(outcome);
    });
  };
  next(1);
  return () => {
    cancelled = true;
    cancel();
  };
};

/** The end of one try. `late`: its time was up. */
interface TryEnd {
  readonly outcome: ProbeOutcome;
  readonly late: boolean;
}

/** Starts one try; the returned function gives it up. */
const tryOnce = (
  handler: AnyProbeHandler,
  action: unknown,
  target: ProbeTarget,
  scheduler: SchedulerLike,
  done: (end: TryEnd) => void,
): (() => void) => {
  const { timeoutMs } = probeTiming(target.probe);
  const time = attemptTime();
  let over = false;
  let answer: Subscription | undefined;
  const stop = (): void => {
    over = true;
    limit.unsubscribe();
    answer?.unsubscribe();
  };
  const end = (outcome: ProbeOutcome): void => {
    if (over) return;
    stop();
    done({ outcome, late: time.isUp() });
  };
  const failed = (error: unknown): void => {
    if (!time.isUp()) end({ result: 'unknown', output: describeError(error) });
    else end({ result: 'failure', output: `timed out after ${timeoutMs / 1_000}s` });
  };
  const abort = (): void => {
    time.end();
    if (over) return;
    const output = `the ${handler.field} handler did not answer in time`;
    limit.add(scheduler.schedule(() => end({ result: 'unknown', output }), ABORT_GRACE_MS));
  };
  // One more turn of the event loop: when this process was the slow one, the answer may lie there unread.
  const limit = scheduler.schedule(() => void limit.add(scheduler.schedule(abort, 0)), timeoutMs);

  try {
    const what = { doing: `${target.kind} probe`, podUid: target.podUid, pod: target.pod };
    const given = whileDoing(what, () => handler.probe(action as never, target, time.options));
    if (given instanceof Promise) given.then(end, failed);
    else {
      const complete = (): void => failed(new Error(`the ${handler.field} handler gave no answer`));
      answer = from(given).subscribe({ next: end, error: failed, complete });
      if (over) answer.unsubscribe();
    }
  } catch (error) {
    failed(error);
  }
  return () => {
    if (over) return;
    stop();
    time.end();
  };
};

/** The time of a try. A signal costs more than the rest of a try, so it is made only for handlers that ask for it. */
const attemptTime = () => {
  let up = false;
  let controller: AbortController | undefined;
  let callback: (() => void) | undefined;
  const options: ProbeAttemptOptions = {
    get signal() {
      controller ??= new AbortController();
      if (up) controller.abort();
      return controller.signal;
    },
    listen: (given) => {
      callback = given;
      if (up) given();
      return () => {
        callback = undefined;
      };
    },
  };
  const end = (): void => {
    up = true;
    controller?.abort();
    callback?.();
  };
  return { options, end, isUp: () => up };
};

const findHandler = (handlers: ReadonlyMap<string, AnyProbeHandler>, { probe, custom }: ProbeTarget) => {
  if (custom !== undefined) {
    const handler = handlers.get(custom.field);
    return handler === undefined ? undefined : { handler, action: custom.action };
  }
  for (const [field, action] of Object.entries(probe)) {
    const handler = typeof action === 'object' ? handlers.get(field) : undefined;
    if (handler !== undefined) return { handler, action };
  }
  return undefined;
};

const unserved = ({ custom, probe }: ProbeTarget): ProbeOutcome => {
  const field = custom?.field ?? Object.keys(probe).find((key) => typeof probe[key as keyof typeof probe] === 'object');
  const output = field === undefined ? 'the probe names no handler' : `no handler for probes of kind ${field}`;
  return { result: 'unknown', output };
};
