import type { Pod } from '@solo-kubelet/pod-spec';
import { type Claim, ephemeralClaimName } from './claim.js';

/** The claims that a Pod brings along, which go with it (pkg/controller/volume/ephemeral). `uidOf` gives the identity of a claim by its name. */
export const ephemeralClaims = (pod: Pick<Pod, 'metadata' | 'spec'>, uidOf: (name: string) => string): readonly Claim[] =>
  (pod.spec.volumes ?? []).flatMap(({ name: volumeName, ephemeral }) => {
    const template = ephemeral?.volumeClaimTemplate;
    if (template === undefined) return [];
    const name = ephemeralClaimName(pod.metadata.name ?? '', volumeName);
    const { labels, annotations } = template.metadata ?? {};
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name,
          namespace: pod.metadata.namespace ?? 'default',
          uid: uidOf(name),
          ...(labels && { labels }),
          ...(annotations && { annotations }),
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'Pod',
              name: pod.metadata.name ?? '',
              uid: pod.metadata.uid ?? '',
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        spec: template.spec,
      },
    ];
  });

/** Why a Pod cannot use a claim of the name of its ephemeral volume; undefined if it is its own (volume/util EphemeralVolume IsForPod). */
export const ephemeralClaimRefusal = (pod: Pick<Pod, 'metadata'>, claim: Claim): string | undefined =>
  claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)
    ? undefined
    : `PVC ${claim.metadata.namespace}/${claim.metadata.name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
