import { describeError } from '@solo-kubelet/diagnostics';
import { from, Observable, type SchedulerLike, type Subscription } from 'rxjs';
import type { AnyProbeHandler, ProbeOutcome } from './probe-handler.js';
import { type ProbeTarget, probeTiming } from './probe-target.js';

/** Tries in a row when the attempt itself can't be made (`maxProbeRetries` in pkg/kubelet/prober/prober.go). */
const MAX_TRIES = 3;

/** How long a handler may take to answer after its time is up, ms. */
export const ABORT_GRACE_MS = 500;

/** One attempt: up to three tries in a row while they can't be made, each limited to `timeoutSeconds`. Emits once. */
export const attempt = (
  handlers: ReadonlyMap<string, AnyProbeHandler>,
  target: ProbeTarget,
  scheduler: SchedulerLike,
): Observable<ProbeOutcome> =>
  new Observable((subscriber) => {
    const call = findHandler(handlers, target);
    if (call === undefined) {
      subscriber.next(unserved(target));
      subscriber.complete();
      return;
    }
    let current: Subscription | undefined;
    const next = (tries: number): void => {
      current = tryOnce(call.handler, call.action, target, scheduler, ({ outcome, late }) => {
        if (outcome.result === 'unknown' && !late && tries < MAX_TRIES && !subscriber.closed) {
          next(tries + 1);
          return;
        }
        subscriber.next(outcome);
        subscriber.complete();
      });
    };
    next(1);
    return () => current?.unsubscribe();
  });

/** The end of one try. `late`: its time was up. */
interface TryEnd {
  readonly outcome: ProbeOutcome;
  readonly late: boolean;
}

const tryOnce = (
  handler: AnyProbeHandler,
  action: unknown,
  target: ProbeTarget,
  scheduler: SchedulerLike,
  done: (end: TryEnd) => void,
): Subscription => {
  const { timeoutMs } = probeTiming(target.probe);
  const controller = new AbortController();
  let over = false;
  const end = (outcome: ProbeOutcome): void => {
    if (over) return;
    over = true;
    limit.unsubscribe();
    answer?.unsubscribe();
    done({ outcome, late: controller.signal.aborted });
  };
  const timedOut: ProbeOutcome = { result: 'failure', output: `timed out after ${timeoutMs / 1_000}s` };
  const limit = scheduler.schedule(() => {
    controller.abort();
    if (over) return;
    limit.add(
      scheduler.schedule(() => end({ result: 'unknown', output: `the ${handler.field} handler did not answer in time` }), ABORT_GRACE_MS),
    );
  }, timeoutMs);
  let answer: Subscription | undefined;
  const failed = (error: unknown): void => end(controller.signal.aborted ? timedOut : { result: 'unknown', output: describeError(error) });
  try {
    answer = from(handler.probe(action as never, target, { signal: controller.signal })).subscribe({
      next: end,
      error: failed,
      complete: () => failed(new Error(`the ${handler.field} handler gave no answer`)),
    });
  } catch (error) {
    failed(error);
  }
  if (over) answer?.unsubscribe();
  limit.add(() => {
    if (over) return;
    over = true;
    answer?.unsubscribe();
    controller.abort();
  });
  return limit;
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
