import { joinSignals } from '@solo-kubelet/timers';
import { atMost } from '@solo-kubelet/timers/rxjs';
import type { SchedulerLike } from 'rxjs';
import type { PodActivity } from './core/activity.js';
import { graceAfter, stopTimeoutSeconds } from './core/container-stop.js';
import { httpFallback } from './core/http-fallback.js';
import type { ContainerStop } from './core/pod-action.js';
import type { HookInput, RuntimePort } from './runtime-port.js';

export interface StopContext {
  readonly runtime: Pick<RuntimePort, 'runHook' | 'stopContainer'>;
  readonly scheduler: SchedulerLike;
  readonly emit: (activity: PodActivity) => void;
  readonly signal: AbortSignal;
  readonly hook: Pick<HookInput, 'pod' | 'podUid' | 'podIps'>;
}

/**
 * Stops containers side by side, each in its own grace period: preStop hook, its turn after those it waits for, then the stop with what is left, but
 * never less than the runtime's minimum. Rejects when one could not be stopped, after all have been tried.
 * Upstream: kuberuntime killContainer and kuberuntime_termination_order.go.
 */
export const stopContainers = async (stops: readonly ContainerStop[], context: StopContext): Promise<void> => {
  const ends = new Map(stops.map(({ containerId }) => [containerId, createEnd()] as const));
  const results = await Promise.allSettled(
    stops.map(async (stop) => {
      await stopOne(
        stop,
        stop.waitFor.map((id) => ends.get(id)?.promise),
        context,
      );
      ends.get(stop.containerId)?.resolve();
    }),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
};

interface End {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

const createEnd = (): End => {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};

const stopOne = async (stop: ContainerStop, turns: readonly (Promise<void> | undefined)[], context: StopContext): Promise<void> => {
  const { runtime, scheduler, emit, signal } = context;
  const startedAtMs = scheduler.now();
  const remaining = (): number => graceAfter(stop.gracePeriodSeconds, scheduler.now() - startedAtMs);
  emit({ type: 'containerStopping', stop });
  const stopped = new AbortController();
  using hook = joinSignals([signal, stopped.signal]);
  try {
    if (stop.preStop !== undefined && remaining() > 0) await runPreStop(stop, stop.preStop, { ...context, signal: hook.signal });
    if (turns.length > 0 && remaining() > 0) await atMost(remaining() * 1000, scheduler, signal, Promise.all(turns));
    await runtime.stopContainer(stop.containerId, stopTimeoutSeconds(remaining()), { signal });
  } finally {
    stopped.abort();
  }
  emit({ type: 'containerStopped', stop, durationMs: scheduler.now() - startedAtMs });
};

/**
 * A hook that fails or outlasts the grace period changes nothing but the time left. One that outlasts it is not waited for any longer, but only ended
 * together with its container.
 */
const runPreStop = async (stop: ContainerStop, handler: HookInput['handler'], context: StopContext): Promise<void> => {
  const { containerId, containerName, gracePeriodSeconds } = stop;
  const { runtime, scheduler, emit, signal, hook } = context;
  const running = runtime.runHook({ ...hook, containerId, containerName, handler }, { signal });
  const result = await atMost(gracePeriodSeconds * 1000, scheduler, signal, running);
  if (result === undefined) {
    emit({
      type: 'hookFailed',
      hook: 'preStop',
      containerName,
      message: `PreStopHook not completed in grace period of ${gracePeriodSeconds} s`,
    });
  } else if (result.ok) {
    if (result.fellBackToHttp !== undefined) emit(httpFallback(containerName, result.fellBackToHttp));
  } else
    emit({
      type: 'hookFailed',
      hook: 'preStop',
      containerName,
      message: result.message,
      ...(result.output === undefined ? {} : { output: result.output }),
    });
};
