import { burst } from '../burst.js';
import { childName } from '../child-names.js';
import { podsPrefix } from '../controller-names.js';
import { podDeletionOrder } from '../pod-deletion-order.js';
import { availableFromMs, hasEnded, isActivePod, isAvailable, isReady, isTerminatingPod, type ObservedPod } from '../pod-state.js';
import { replaceFromMs } from '../replacement-backoff.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import { earliest, type NewPod, type PodIdentity, type WorkloadEvent } from '../workload.js';

/** A ReplicaSet of a document, with its defaults filled in. */
export interface ReplicaSet {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly generation?: number };
  readonly spec: { readonly replicas: number; readonly minReadySeconds?: number; readonly template: PodTemplate };
}

export interface ReplicaSetStatus {
  readonly replicas: number;
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly terminatingReplicas: number;
  readonly observedGeneration: number;
}

/** What cannot be derived, to be written before anything is done. */
export interface ReplicaSetRecord {
  readonly podsMade: number;
}

export interface ReplicaSetQuestion {
  readonly replicaSet: ReplicaSet;
  /** All Pods that it made; one that the kubelet starts again by itself is given as Pending. */
  readonly pods: readonly ObservedPod[];
  readonly record: ReplicaSetRecord;
  readonly nowMs: number;
}

export interface ReplicaSetDecision {
  readonly status: ReplicaSetStatus;
  readonly record: ReplicaSetRecord;
  readonly events: readonly WorkloadEvent[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  readonly wakeAtMs?: number;
}

/** What a ReplicaSet needs now (replicaset/replica_set.go manageReplicas); Pods that ended are replaced after a back-off (decision 221). */
export const reduceReplicaSet = ({ replicaSet, pods, record, nowMs }: ReplicaSetQuestion): ReplicaSetDecision => {
  const { metadata, spec } = replicaSet;
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const active = pods.filter(isActivePod);
  const difference = active.length - spec.replicas;
  const gone = difference > 0 ? podDeletionOrder(active, nowMs).slice(0, difference) : [];
  const makeFromMs = replaceFromMs(pods.filter(hasEnded));
  const create: NewPod[] = [];
  let { podsMade } = record;
  const taken = new Set(pods.map((pod) => pod.metadata.name));
  const prefix = podsPrefix(metadata.name);
  const room = burst(active, -difference);
  while (makeFromMs <= nowMs && create.length < room) {
    const name = childName(prefix, metadata.uid, podsMade);
    podsMade += 1;
    if (taken.has(name)) continue;
    const { labels, annotations } = spec.template.metadata ?? {};
    create.push({
      metadata: { name, generateName: prefix, namespace: metadata.namespace, labels, ...(annotations && { annotations }) },
      spec: spec.template.spec,
    });
  }
  const kept = active.filter((pod) => !gone.includes(pod));
  const labels = Object.entries(spec.template.metadata?.labels ?? {});
  const ready = kept.filter(isReady);
  return {
    status: {
      replicas: kept.length + create.length,
      fullyLabeledReplicas:
        create.length + kept.filter((pod) => labels.every(([name, value]) => pod.metadata.labels?.[name] === value)).length,
      readyReplicas: ready.length,
      availableReplicas: ready.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
      terminatingReplicas: pods.filter(isTerminatingPod).length + gone.length,
      observedGeneration: metadata.generation ?? 1,
    },
    record: { podsMade },
    events: [
      ...gone.map((pod): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })),
      ...create.map((pod): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` })),
    ],
    create,
    delete: gone.map(({ metadata: { name, uid } }) => ({ name, uid })),
    wakeAtMs: earliest([...kept.map((pod) => availableFromMs(pod, minReadySeconds)), difference < 0 ? makeFromMs : undefined], nowMs),
  };
};
