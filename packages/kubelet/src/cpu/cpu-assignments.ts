import type { CpuAssignments } from '@solo-kubelet/reconciler';
import type { CpuManager } from '@solo-kubelet/resource-managers';
import type { Observable } from 'rxjs';
import type { KubeletConfiguration } from '../config/fields.js';
import { loopPeriodMs } from '../config/loop-period.js';

/** The CPUs that the static policy has given to containers, for the reconciler to keep them there. */
export const cpuAssignments = (
  { cpuManagerReconcilePeriod }: Pick<KubeletConfiguration, 'cpuManagerReconcilePeriod'>,
  cpus: Pick<CpuManager, 'containerAllocation'>,
  changed$: Observable<unknown>,
): CpuAssignments => ({
  cpusOf: (podUid, containerName) => cpus.containerAllocation(podUid, containerName)?.cpusetCpus ?? '',
  changed$,
  intervalMs: loopPeriodMs(cpuManagerReconcilePeriod),
});
