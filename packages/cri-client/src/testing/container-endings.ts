import { ContainerEventType, ContainerState } from '@solo-kubelet/cri-types';
import { onAbort } from '@solo-kubelet/timers';
import type { Clock } from './clock.js';
import type { ContainerRecord } from './records.js';
import type { RuntimeEvent } from './runtime-event.js';

/** How a container ended. */
export interface Exit {
  readonly exitCode: number;
  /** Default: `Completed` for 0, else `Error`. */
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerEndingsOptions {
  readonly clock: Clock;
  readonly nowNs: () => bigint;
  /** From the news of an exit to its record, ms. */
  readonly recordLagMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
  /** Called when a record becomes EXITED, before anybody is told. */
  readonly onRecorded: (record: ContainerRecord) => void;
}

/** Exit code of a process that was killed. */
const KILLED = 137;

/** How containers end: by their script, by a signal, by force; told first, recorded a moment later, waited for by others. */
export const createContainerEndings = ({ clock, nowNs, recordLagMs, onEvent, onRecorded }: ContainerEndingsOptions) => {
  /** What would still happen to a container: timers of its script. */
  const plans = new Map<string, (() => void)[]>();
  const waiting = new Map<string, Set<() => void>>();
  /** Ended, but not yet on record. */
  const ending = new Map<string, Exit>();

  const cancelPlans = (id: string): void => {
    for (const cancel of plans.get(id) ?? []) cancel();
    plans.delete(id);
  };
  const plan = (id: string, ms: number, step: () => void): void => {
    plans.set(id, [...(plans.get(id) ?? []), clock.setTimeout(step, ms)]);
  };
  /** When they ended, by container, until it is on record. */
  const endedAt = new Map<string, bigint>();
  const tell = (record: ContainerRecord, phase: RuntimeEvent['phase'], oom = false, exit?: RuntimeEvent['exit']): void =>
    onEvent({ type: ContainerEventType.CONTAINER_STOPPED_EVENT, subject: record, sandbox: record.sandbox, phase, oom, exit });

  const recordExit = (record: ContainerRecord, { exitCode, reason, message = '' }: Exit): void => {
    if (record.state === ContainerState.CONTAINER_EXITED) return;
    const finishedAt = endedAt.get(record.id) ?? nowNs();
    endedAt.delete(record.id);
    ending.delete(record.id);
    Object.assign(record, {
      state: ContainerState.CONTAINER_EXITED,
      finishedAt,
      exitCode,
      reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      message,
    });
    onRecorded(record);
    tell(record, 'recorded');
    for (const wake of waiting.get(record.id) ?? []) wake();
    waiting.delete(record.id);
  };

  const exit = (record: ContainerRecord, how: Exit): void => {
    if (record.state !== ContainerState.CONTAINER_RUNNING || ending.has(record.id)) return;
    ending.set(record.id, how);
    cancelPlans(record.id);
    const finishedAt = nowNs();
    endedAt.set(record.id, finishedAt);
    tell(record, 'exiting', how.reason === 'OOMKilled', { exitCode: how.exitCode, finishedAt });
    if (recordLagMs === 0) recordExit(record, how);
    else plan(record.id, recordLagMs, () => recordExit(record, how));
  };

  return {
    plan,
    cancelPlans,
    recordExit,
    exit,
    /** Resolves when the record says EXITED. Never, once the signal has aborted: nobody waits any more. */
    exited: (record: ContainerRecord, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (record.state === ContainerState.CONTAINER_EXITED) return resolve();
        const waiters = waiting.get(record.id) ?? new Set();
        waiting.set(record.id, waiters);
        const wake = (): void => {
          release();
          resolve();
        };
        waiters.add(wake);
        const release = onAbort(signal, () => waiters.delete(wake));
      }),
    oomKill: (record: ContainerRecord): void => exit(record, { exitCode: KILLED, reason: 'OOMKilled' }),
    /** Kills at once; a container that hangs stays. */
    kill: (record: ContainerRecord): void => {
      if (record.script.onStop !== 'hang') exit(record, { exitCode: KILLED });
    },
    /** Force for removals: nothing survives it, and the record follows at once. */
    destroy: (record: ContainerRecord): void => {
      if (record.state !== ContainerState.CONTAINER_RUNNING) return;
      exit(record, { exitCode: KILLED });
      cancelPlans(record.id);
      recordExit(record, ending.get(record.id) ?? { exitCode: KILLED });
    },
    forgetAll: (): void => {
      for (const id of [...plans.keys()]) cancelPlans(id);
      ending.clear();
      endedAt.clear();
    },
  };
};
