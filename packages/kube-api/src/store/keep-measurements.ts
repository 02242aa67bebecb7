import type { ObjectStore, StoredObject } from '@solo-kubelet/api-server';
import { nodeMetrics, podMetrics } from '../core/metrics-objects.js';

/** Keeps what was measured as objects of metrics.k8s.io, of the node and of the Pods that were measured alone. */
export const keepMeasurements = (store: ObjectStore, nodeName: string, summary: Parameters<typeof podMetrics>[0], nowMs: number): void => {
  const put = (bucket: string, key: string, object: StoredObject): void => void store.put(bucket, key, object, nowMs);
  put('nodes.metrics.k8s.io', nodeName, nodeMetrics(summary, store.get('nodes', nodeName)?.metadata.labels ?? {}));
  const pods = podMetrics(summary, (key) => store.get('pods', key)?.metadata.labels);
  const keys = new Set(pods.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`));
  for (const { metadata } of store.list('pods.metrics.k8s.io', '')) {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (!keys.has(key)) store.remove('pods.metrics.k8s.io', key, nowMs);
  }
  for (const pod of pods) put('pods.metrics.k8s.io', `${pod.metadata.namespace}/${pod.metadata.name}`, pod);
};
