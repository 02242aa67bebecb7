import type { Pod } from '@solo-kubelet/pod-spec';
import type { ObservedPod } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';

/** A pod whose manifest nobody has any more, as far as its containers tell. */
export const orphanPod = ({ uid, name, namespace, sandboxes, containers }: ObservedPod): Pod => {
  const labels = sandboxes[0]?.labels;
  const oldestFirst = [...containers].reverse();
  const newest = new Map(oldestFirst.map((container) => [container.name, container]));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, ...(labels && { labels }) },
    spec: {
      containers: [...newest.values()].map(({ name: containerName, image, ports }) => ({
        name: containerName,
        image,
        ...(ports && { ports }),
      })),
    },
  };
};

/** A pod of which nothing but its UID is known: its manifest and its containers went while the kubelet was down. */
export const namelessPod = (uid: PodUid): Pod => ({ metadata: { name: '', namespace: '', uid }, spec: { containers: [] } });
