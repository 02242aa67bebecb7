import { cgroupPath, cgroupRootName, kubepodsName } from '@solo-kubelet/pod-environment';
import { CGROUP_MOUNT_POINT } from '@solo-kubelet/pod-environment/cgroups';
import type { PodUid } from '@solo-kubelet/reconciler';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import { concatMap, filter, lastValueFrom, map, type Observable, take, tap } from 'rxjs';
import { evictionThresholds } from '../config/eviction-thresholds.js';
import { collectContainersOnce } from '../garbage-collection/collect-containers.js';
import { type HousekeepingActivity, tellHousekeeping } from '../garbage-collection/housekeeping-service.js';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { evictPods } from './evict-pods.js';
import type { EvictionActivity, EvictionPort } from './eviction-port.js';
import { nodeReadings } from './node-readings.js';
import { podUsages } from './pod-usages.js';

/** Tells what the node is short of, and ends pods for that and for outgrowing limits of their own. */
export const evictionService: KubeletService = (context) => {
  const { config, reconciler, impliedEvictionSignals } = context;
  const { activity$, pods$ } = reconciler;
  const cleaned$: Observable<PodUid> = activity$.pipe(
    filter((activity) => activity.scope === 'pod' && activity.type === 'actionSucceeded' && activity.action.type === 'cleanPod'),
    map((activity) => (activity as { readonly podUid: PodUid }).podUid),
  );
  return evictPods({
    port: evictionPort(context),
    pods$,
    cleaned$,
    thresholds: evictionThresholds(config, impliedEvictionSignals).thresholds,
    transitionPeriodMs: config.evictionPressureTransitionPeriod,
    maxPodGracePeriodSeconds: config.evictionMaxPodGracePeriod,
    enforceLimits: config.localStorageCapacityIsolation,
    wallNow: () => context.clock.now(),
  }).pipe(tap((activity) => carryOut(context, activity)));
};

const carryOut = ({ command, changeFacts, nodeEvent, metrics, logger }: KubeletContext, activity: EvictionActivity): void => {
  switch (activity.type) {
    case 'pressures':
      changeFacts({ pressures: activity.pressures });
      return;
    case 'thresholdMet':
      nodeEvent({ type: 'Warning', reason: 'EvictionThresholdMet', message: `Attempting to reclaim ${activity.resource}` });
      return;
    case 'statsAge':
      metrics.evictionStatsAge(activity.signal, activity.ageMs / 1_000);
      return;
    case 'podChosen':
      metrics.podEvicted(activity.signal);
      command({ type: 'terminate', podUid: activity.podUid, termination: activity.termination });
      return;
    case 'reclaimed':
      logger.info({ resource: activity.resource }, 'The node has room again; no pod has to go');
      return;
    case 'evictionDelayed':
      logger.info({ signal: activity.signal, until: activity.until }, 'A disk is short; waiting before a pod has to go for it');
      return;
    case 'noEvictionCandidate':
      logger.warn({ resource: activity.resource }, 'The node is short, and there is no pod that may be evicted');
      return;
    case 'evictionFailed':
      logger.warn({ reason: activity.message }, 'Cannot see to what the node is short of; trying again');
      return;
  }
};

const evictionPort = (context: KubeletContext): EvictionPort => {
  const { cri, config, flags, cgroups, node, environment, logger } = context;
  const { driver, version } = cgroups;
  const pods = podUsages({
    cri,
    environment,
    rootDirectory: flags.rootDirectory,
    podLogsDirectory: config.podLogsDir,
    logger,
    now: steadyNow,
    wallNow: () => context.clock.now(),
  });
  return {
    read: nodeReadings({
      cri,
      rootDirectory: flags.rootDirectory,
      cgroups: { mountPoint: CGROUP_MOUNT_POINT, version },
      podsCgroup: config.cgroupsPerQOS ? cgroupPath(driver, kubepodsName(cgroupRootName(config.cgroupRoot))) : undefined,
      memoryBytes: node.machine.memoryBytes,
      maxPids: node.machine.maxPids,
      now: steadyNow,
    }),
    ...pods,
    reclaim: (what) => toEnd(context, what === 'unusedImages' ? context.images.removeUnused$ : deadContainers(context)),
  };
};

/** Those of pods that have ended, and what is kept of the others for nothing but their logs. */
const deadContainers = ({ reconciler, runtime }: KubeletContext) =>
  reconciler.pods$.pipe(
    take(1),
    map(
      (pods) =>
        new Set(
          [...pods.values()]
            .filter(({ pod }) => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded')
            .map(({ podUid }) => podUid),
        ),
    ),
    concatMap((ended) => collectContainersOnce({ runtime, ended })),
  );

const toEnd = async (context: KubeletContext, work$: Observable<HousekeepingActivity>): Promise<void> => {
  await lastValueFrom(work$.pipe(tap((activity) => tellHousekeeping(context, activity))), { defaultValue: undefined });
};
