import { describeError } from '@solo-kubelet/diagnostics';
import type { VolumeUsage } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodView, Termination } from '@solo-kubelet/reconciler';
import { exhaustMap, ignoreElements, interval, withLatestFrom } from 'rxjs';
import type { KubeletContext, KubeletService } from '../run/kubelet-services.js';
import { activePods } from './active-pods.js';

/** Time between measurements, ms. Upstream: evictionMonitoringPeriod (pkg/kubelet/kubelet.go). */
const INTERVAL_MS = 10_000;

/** Ends pods of which an emptyDir on disk has outgrown its sizeLimit (docs/decisions/090). Those in memory are bounded by their tmpfs. */
export const volumeLimitsService: KubeletService = (context) =>
  interval(INTERVAL_MS).pipe(
    withLatestFrom(context.reconciler.pods$),
    exhaustMap(async ([, pods]) => {
      for (const view of activePods(pods)) if (hasLimit(view.pod)) await endIfOver(view, context);
    }),
    ignoreElements(),
  );

const hasLimit = ({ spec }: Pod): boolean =>
  (spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined && !emptyDir.medium);

const endIfOver = async (
  { pod, podUid }: PodView,
  { environment, command, logger, signal }: Pick<KubeletContext, 'environment' | 'command' | 'logger' | 'signal'>,
): Promise<void> => {
  try {
    const message = overLimit(pod, await environment.volumeUsage(pod, { signal }));
    if (message !== undefined) command({ type: 'terminate', podUid, termination: ownFault(message) });
  } catch (error) {
    const { namespace, name } = pod.metadata;
    if (!signal.aborted) logger.warn({ pod: `${namespace}/${name}`, podUid, err: describeError(error) }, 'Cannot measure volumes');
  }
};

/** The pod has itself to blame: it does not come back before its manifest changes. Upstream gives 1 s (immediateEvictionGracePeriodSeconds). */
const ownFault = (message: string): Termination => ({ reason: 'Evicted', message, gracePeriodSeconds: 1, disruption: false });

/** What the status of a pod says of its first volume that is too large, in upstream's words (eviction/eviction_manager.go). */
export const overLimit = ({ spec }: Pod, usages: readonly VolumeUsage[]): string | undefined => {
  const over = usages.find(({ usedBytes, limitBytes }) => limitBytes !== undefined && usedBytes > limitBytes);
  if (over === undefined) return undefined;
  const sizeLimit = spec.volumes?.find(({ name }) => name === over.volumeName)?.emptyDir?.sizeLimit;
  return `Usage of EmptyDir volume "${over.volumeName}" exceeds the limit "${sizeLimit}". `;
};
