import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, auditTime, concatMap, EMPTY, filter, ignoreElements, map, merge, take, tap, timer } from 'rxjs';
import { loopPeriodMs } from '../config/loop-period.js';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { activePods } from './active-pods.js';

/** Changes closer to each other than this are taken together, ms. */
const SETTLE_MS = 50;

/**
 * Keeps every running container on the CPUs that are its own or on those that are shared: as soon as it runs, whenever the shared pool changes, and
 * every `cpuManagerReconcilePeriod`, and after each resize of it, as reconcileState in pkg/kubelet/cm/cpumanager/cpu_manager.go.
 */
export const cpuPinningService: KubeletService = ({
  config,
  cgroups,
  resources: { cpus, poolChanged$ },
  reconciler,
  cri,
  logger,
  signal,
}) => {
  if (cpus === undefined) return EMPTY;
  const endsAsAWhole = cgroups.version === 2 && config.singleProcessOOMKill !== true;
  const pinned = new Map<string, string>();
  // A resize writes all resources of a container, with the CPUs that it had when the call was made up: those may be others by now.
  const rewritten$ = reconciler.activity$.pipe(
    filter((activity) => activity.type === 'actionSucceeded' || activity.type === 'actionFailed'),
    map(({ action }) => action),
    filter((action) => action.type === 'updateResources'),
    tap(({ containerId }) => pinned.delete(containerId)),
  );
  // Also when containers start: one may have been made for a pool that was another by the time it ran.
  const change$ = merge(poolChanged$, reconciler.pods$, rewritten$).pipe(auditTime(SETTLE_MS));
  return merge(timer(0, loopPeriodMs(config.cpuManagerReconcilePeriod), longDelays(asyncScheduler)), change$).pipe(
    concatMap(() =>
      reconciler.pods$.pipe(
        take(1), // as they are when it is their turn
        concatMap((pods) => pinContainers(runningContainers(pods), { pinned, cpus, endsAsAWhole, cri, logger, signal })),
      ),
    ),
    ignoreElements(),
  );
};

interface RunningContainer {
  readonly podUid: PodUid;
  readonly pod: string;
  readonly containerName: string;
  readonly containerId: string;
}

export const runningContainers = (pods: ReadonlyMap<PodUid, PodView>): readonly RunningContainer[] =>
  activePods(pods).flatMap(({ podUid, pod: { metadata, status } }) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ name, containerID, state }) => {
      const containerId = containerID?.replace(/^[^:]*:\/\//, '');
      if (state?.running === undefined || containerId === undefined) return [];
      return [{ podUid, pod: `${metadata.namespace}/${metadata.name}`, containerName: name, containerId }];
    }),
  );

interface PinningDeps {
  /** Container id → the CPUs it was last put on by this process. */
  readonly pinned: Map<string, string>;
  readonly cpus: Pick<NonNullable<KubeletContext['resources']['cpus']>, 'containerAllocation'>;
  /** Whether containers are made to end as a whole when they are out of memory. */
  readonly endsAsAWhole: boolean;
  readonly cri: { readonly runtime: Pick<CriClient['runtime'], 'updateContainerResources'> };
  readonly logger: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

/** Moves the containers that are not where they should be; one that fails is tried again next time and holds up no other. */
export const pinContainers = async (containers: readonly RunningContainer[], deps: PinningDeps): Promise<void> => {
  const { pinned, cpus, endsAsAWhole, cri, logger, signal } = deps;
  const unified = endsAsAWhole ? OOM_GROUP : {};
  const ids = new Set(containers.map(({ containerId }) => containerId));
  for (const containerId of pinned.keys()) if (!ids.has(containerId)) pinned.delete(containerId);
  for (const { podUid, pod, containerName, containerId } of containers) {
    const { cpusetCpus = '' } = cpus.containerAllocation(podUid, containerName) ?? {};
    if (cpusetCpus === '' || pinned.get(containerId) === cpusetCpus) continue;
    // Noted first: who finds out meanwhile that it may be elsewhere takes the note away.
    pinned.set(containerId, cpusetCpus);
    try {
      await cri.runtime.updateContainerResources({ containerId, linux: { ...onlyCpuset, unified, cpusetCpus } }, { signal });
    } catch (error) {
      pinned.delete(containerId);
      if (signal.aborted) return;
      logger.warn(
        { pod, podUid, containerName, containerId, err: describeError(error) },
        'Cannot move the container to its CPUs; trying again',
      );
    }
  }
};

/**
 * Said again with every change: systemd 257 writes this file anew with any property of a unit (docs/decisions/281), and of what a container was made
 * with CRI-O writes only what the call names; containerd says all of it by itself.
 */
const OOM_GROUP = { 'memory.oom.group': '1' };

/** Zeros and empty texts leave the container's other limits as they are. */
const onlyCpuset = {
  cpuPeriod: 0n,
  cpuQuota: 0n,
  cpuShares: 0n,
  memoryLimitInBytes: 0n,
  oomScoreAdj: 0n,
  cpusetMems: '',
  hugepageLimits: [],
  memorySwapLimitInBytes: 0n,
};
