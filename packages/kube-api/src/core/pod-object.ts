import type { StoredObject } from '@solo-kubelet/api-server';
import { configHashAnnotation } from '@solo-kubelet/pod-spec';
import type { PodView } from '@solo-kubelet/reconciler';

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export interface ShownPodOptions {
  /** The same Pod as it was shown before. */
  readonly before: StoredObject | undefined;
  /** The time as objects have it. */
  readonly nowText: string;
  /** When it was first shown by an earlier process. */
  readonly createdText?: string;
}

/** A Pod as the API shows it: what its manifest says and what the kubelet finds, with what the API alone keeps of it. */
export const shownPodObject = ({ pod, terminating }: PodView, { before, nowText, createdText }: ShownPodOptions): StoredObject => {
  const same = before?.metadata.uid === pod.metadata.uid ? before : undefined;
  const { metadata } = pod;
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
      creationTimestamp: kept?.creationTimestamp ?? metadata.creationTimestamp ?? createdText ?? nowText,
      generation: specSame && generation > 0 ? generation : generation + 1,
      ...(ending !== undefined && { deletionTimestamp: ending }),
      ...(grace !== undefined && { deletionGracePeriodSeconds: grace }),
      ...(kept?.managedFields && { managedFields: kept.managedFields }),
    },
    spec: pod.spec as unknown as Record<string, unknown>,
    status: (pod.status ?? {}) as unknown as Record<string, unknown>,
  };
};
