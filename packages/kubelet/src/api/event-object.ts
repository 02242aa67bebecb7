import type { EventObject } from '@solo-kubelet/node-api';
import type { KubeletEvent } from '@solo-kubelet/reconciler';

/** A kubelet event as a v1 Event. */
export const eventObject = ({
  id,
  involvedObject,
  ...event
}: KubeletEvent): EventObject & { readonly kind: 'Event'; readonly apiVersion: 'v1' } => ({
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: id, namespace: involvedObject.namespace ?? 'default' },
  // Of workloads it is there already; the kubelet's own reference to its node has none.
  involvedObject: involvedObject.kind === 'Pod' ? { apiVersion: 'v1', ...involvedObject } : involvedObject,
  ...event,
});
