import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { OwnerReference, Pod } from '@solo-kubelet/pod-spec';
import { type Draft, fillPod, nameUid } from '@solo-kubelet/pod-spec/schema';
import type { NewPod } from '../workload.js';
import type { WorkloadEntry } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

/** That a workload is in charge of what it made. */
export const ownerReference = ({ object, uid }: Pick<WorkloadEntry, 'object' | 'uid'>): OwnerReference => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Identity of a ReplicaSet of a Deployment, which follows from its name: nothing of it is kept. */
export const replicaSetUid = ({ uid }: Pick<WorkloadEntry, 'uid'>, name: string): string => nameUid(`ReplicaSet/${uid}/${name}`);

/**
 * The Pod that a decision asks for, with its identity, on this node, and with what an API server fills in of a Pod and not of a template: requests from
 * limits, host ports of the host's network.
 */
export const madePod = (
  entry: Pick<WorkloadEntry, 'object' | 'uid'>,
  { metadata, spec, replicaSet }: NewPod,
  { uid, nodeName, nowMs }: { readonly uid: string; readonly nodeName: string; readonly nowMs: number },
): Pod => {
  const owner = ownerReference(entry);
  const pod = structuredClone({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      namespace: metadata.namespace ?? namespaceOf(entry.object),
      uid,
      creationTimestamp: metaTime(nowMs),
      ownerReferences: [
        replicaSet === undefined ? owner : { ...owner, kind: 'ReplicaSet', name: replicaSet, uid: replicaSetUid(entry, replicaSet) },
      ],
    },
    spec: { ...spec, nodeName },
  }) as Draft<Pod>;
  fillPod(pod);
  return pod as Pod;
};
