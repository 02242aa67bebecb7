import type { KubeletEvent } from '@solo-kubelet/reconciler';
import type { EventObject } from '../client/node-client.js';

/** A kubelet event as a v1 Event. */
export const eventObject = ({
  id,
  involvedObject,
  ...event
}: KubeletEvent): EventObject & { readonly kind: 'Event'; readonly apiVersion: 'v1' } => ({
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: id, namespace: involvedObject.namespace ?? 'default' },
  involvedObject,
  ...event,
});
