import type { StoredObject } from '@solo-kubelet/api-server';
import { configHashAnnotation } from '@solo-kubelet/pod-spec';
import type { PodView } from '@solo-kubelet/reconciler';

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export interface ShownPodOptions {
  /** The same Pod as it was shown before. */
  readonly before: StoredObject | undefined;
  /** The time as objects have it. */
  readonly nowText: string;
  /** What an earlier process showed under its name. */
  readonly earlier?: { readonly uid: string; readonly creationTimestamp: string; readonly generation?: number } | undefined;
}

/** A Pod as the API shows it: what its manifest says and what the kubelet finds, with what the API alone keeps of it. */
export const shownPodObject = ({ pod, terminating }: PodView, { before, nowText, earlier: shown }: ShownPodOptions): StoredObject => {
  const same = before?.metadata.uid === pod.metadata.uid ? before : undefined;
  const { metadata } = pod;
  const earlier = same === undefined && shown?.uid === metadata.uid ? shown : undefined;
  const kept = same?.metadata;
  const ending = kept?.deletionTimestamp ?? (terminating ? nowText : undefined);
  const grace = kept?.deletionGracePeriodSeconds ?? (terminating ? (pod.spec.terminationGracePeriodSeconds ?? 30) : undefined);
  const specSame = same !== undefined && JSON.stringify(same.spec) === JSON.stringify(pod.spec);
  const generation = Number(kept?.generation ?? 0);
  const hash = metadata.annotations?.[configHashAnnotation];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      // As the mirror of a static Pod has it in a cluster: `kubectl drain` leaves it alone, and events are found by it.
      ...(hash !== undefined && { annotations: { ...metadata.annotations, [MIRROR_ANNOTATION]: hash } }),
      creationTimestamp: kept?.creationTimestamp ?? earlier?.creationTimestamp ?? metadata.creationTimestamp ?? nowText,
      generation: earlier?.generation ?? (specSame && generation > 0 ? generation : generation + 1),
      ...(ending !== undefined && { deletionTimestamp: ending }),
      ...(grace !== undefined && { deletionGracePeriodSeconds: grace }),
      ...(kept?.managedFields && { managedFields: kept.managedFields }),
    },
    spec: pod.spec as unknown as Record<string, unknown>,
    status: (pod.status ?? {}) as unknown as Record<string, unknown>,
  };
};
