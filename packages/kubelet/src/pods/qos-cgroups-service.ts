import { describeError } from '@solo-kubelet/diagnostics';
import { auditTime, concatMap, ignoreElements, map, switchMap, timer } from 'rxjs';
import { activePods } from '../cpu/active-pods.js';
import type { KubeletService } from '../kubelet-services.js';

/** Changes closer to each other than this are taken together, ms. */
const SETTLE_MS = 250;
/** Written again though nothing changed, ms. Upstream: periodicQOSCgroupUpdateInterval (pkg/kubelet/cm/qos_container_manager_linux.go). */
const INTERVAL_MS = 60_000;

/** Gives the cgroup of all Burstable pods the CPU shares that they ask for together. */
export const qosCgroupsService: KubeletService = ({ reconciler, environment, logger, signal }) =>
  reconciler.pods$.pipe(
    auditTime(SETTLE_MS),
    switchMap((pods) => timer(0, INTERVAL_MS).pipe(map(() => activePods(pods).map(({ pod }) => pod)))),
    concatMap(async (pods) => {
      try {
        await environment.updateQosCgroups(pods, { signal });
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: describeError(error) }, 'Cannot update the cgroup of the Burstable pods');
      }
    }),
    ignoreElements(),
  );
