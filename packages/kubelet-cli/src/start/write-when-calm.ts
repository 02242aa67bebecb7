import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { longInterval } from '@solo-kubelet/timers';

/** How often it is looked at, ms. */
const LOOK_EVERY_MS = 5_000;
/** A thread that is busier than this has other things to do; as in the kubelet's own collecting of garbage. */
const CALM = 0.1;
/** Then it is done all the same, ms: V8 forgets what it compiled of functions that are not called any more. */
const AT_LAST_MS = 60_000;

/** Whether it is done now: `sinceMs` after the start, the thread having been busy for that part of the time since it was last asked. */
export const isTime = (sinceMs: number, busy: number): boolean => busy <= CALM || sinceMs >= AT_LAST_MS;

/** Does something once, some seconds after now, when the thread is at rest. Keeps no process alive. */
export const whenCalm = (act: () => void): void => {
  const startMs = performance.now();
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  const stop = longInterval(
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      if (!isTime(performance.now() - startMs, utilization)) return;
      stop();
      act();
    },
    LOOK_EVERY_MS,
    { ref: false },
  );
};
