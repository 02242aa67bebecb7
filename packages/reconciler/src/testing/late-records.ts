import { onAbort } from '@solo-kubelet/timers';
import type { SchedulerLike } from 'rxjs';
import type { ObservedContainer, ObservedPod } from '../core/observed-pod.js';
import type { PodUid } from '../core/pod-identity.js';
import type { ContainerExit, RuntimeChange, RuntimePort } from '../runtime-port.js';
import type { FakeRuntime, FakeRuntimeOptions } from './fake-runtime.js';

export interface LateRecords {
  readonly exited: NonNullable<FakeRuntimeOptions['exited']>;
  /** The runtime that hears of ends by `exited`, with events that tell them and records that follow. */
  over(runtime: FakeRuntime): RuntimePort;
}

/** A runtime as containerd is: its events tell how a container ended, and for a while after that its records still call it running. */
export const lateRecords = ({
  scheduler,
  lagMs,
}: {
  readonly scheduler: SchedulerLike;
  /** Asked at each end, ms. */
  readonly lagMs: () => number;
}): LateRecords => {
  const late = new Map<string, { readonly was: ObservedContainer; readonly ended: ObservedContainer }>();
  /** Only one that was shown as running is told of. */
  const shown = new Set<string>();
  const listeners = new Set<(change: (uidOf: (containerId: string) => PodUid | undefined) => RuntimeChange | undefined) => void>();
  const tell = (containerId: string, exit?: ContainerExit): void => {
    for (const listener of listeners)
      listener((uidOf) => {
        const podUid = uidOf(containerId);
        return podUid === undefined ? undefined : { type: 'pod', podUid, ...(exit && { exit }) };
      });
  };
  const asRecorded = (pod: ObservedPod): ObservedPod => {
    const containers = pod.containers.map((container) => late.get(container.id)?.was ?? container);
    for (const { id, state } of containers) if (state === 'running') shown.add(id);
    return { ...pod, containers };
  };
  return {
    exited: (ended, was) => {
      late.set(ended.id, { ended, was });
      tell(ended.id, { containerId: ended.id, exitCode: ended.exitCode, finishedAtMs: ended.finishedAtMs ?? 0 });
      const follow = (): void => {
        late.delete(ended.id);
        shown.delete(ended.id);
        tell(ended.id);
      };
      scheduler.schedule(follow, lagMs());
    },
    over: (runtime) => {
      const uidOf = (containerId: string): PodUid | undefined =>
        [...runtime.pods.values()].find(({ containers }) => containers.some(({ id }) => id === containerId))?.uid;
      const own: Pick<RuntimePort, 'list' | 'inspect' | 'changes' | 'endOf'> = {
        list: async (options) => {
          const { pods, unread } = await runtime.list(options);
          return { pods: new Map([...pods].map(([uid, pod]) => [uid, asRecorded(pod)])), unread };
        },
        inspect: async (uid, options) => {
          const pod = await runtime.inspect(uid, options);
          return pod && asRecorded(pod);
        },
        endOf: async ({ containerId, exitCode }) => {
          const ended = late.get(containerId)?.ended;
          return ended === undefined || exitCode === 137 || !shown.has(containerId) ? undefined : { ...ended, endTold: true };
        },
        async *changes({ signal }): AsyncGenerator<RuntimeChange> {
          let told: RuntimeChange[] = [{ type: 'resync', reason: 'the feed begins', events: true }];
          let wake = (): void => {};
          const listener: Parameters<typeof listeners.add>[0] = (changeOf) => {
            const change = changeOf(uidOf);
            if (change !== undefined) told.push(change);
            wake();
          };
          listeners.add(listener);
          const stop = onAbort(signal, () => wake());
          try {
            while (!signal.aborted) {
              const batch = told;
              told = [];
              yield* batch;
              if (told.length > 0) continue;
              await new Promise<void>((resolve) => {
                wake = resolve;
                if (signal.aborted) resolve();
              });
            }
          } finally {
            stop();
            listeners.delete(listener);
          }
        },
      };
      return Object.assign(Object.create(runtime) as FakeRuntime, own);
    },
  };
};
