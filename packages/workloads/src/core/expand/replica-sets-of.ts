import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ReplicaSet } from '@solo-kubelet/object-spec';
import type { DeploymentRevision } from '../deployment/deployment.js';
import { annotationsOfRevision } from '../deployment/revision-annotations.js';
import { HASH_LABEL } from '../deployment/revisions.js';
import { ownerReference, replicaSetUid } from './child-pod.js';
import { shownStatus } from './shown-status.js';
import type { WorkloadEntry } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

/** The ReplicaSets of a Deployment as an API server has them; none of any other workload. */
export const replicaSetsOf = (entry: WorkloadEntry): readonly ReplicaSet[] =>
  entry.memory.kind === 'Deployment' ? entry.memory.revisions.map((revision) => replicaSetOf(entry, revision)) : [];

const replicaSetOf = (entry: WorkloadEntry, revision: DeploymentRevision): ReplicaSet => {
  const { object, memory } = entry;
  const { template, hash, name, replicas } = revision;
  const counts = memory.kind === 'Deployment' ? memory.record.replicaSets?.[name] : undefined;
  const { selector, minReadySeconds } = object.spec as { selector?: ReplicaSet['spec']['selector']; minReadySeconds?: number };
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: namespaceOf(object),
      uid: replicaSetUid(entry, name),
      generation: 1,
      labels,
      annotations: annotationsOfRevision(revision),
      creationTimestamp: metaTime(revision.createdMs),
      ownerReferences: [ownerReference(entry)],
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels }, spec: template?.spec ?? { containers: [] } },
    },
    status: shownStatus('ReplicaSet', { replicas, ...counts, fullyLabeledReplicas: counts?.replicas, observedGeneration: 1 }),
  } as ReplicaSet;
};
