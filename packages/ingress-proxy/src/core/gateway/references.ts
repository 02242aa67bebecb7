import type { Gateway, HTTPRoute, ReferenceGrant } from '@solo-kubelet/object-spec';

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export const namespaceOf = ({ metadata }: Gateway | HTTPRoute | ReferenceGrant): string => metadata.namespace ?? 'default';

export const keyOf = (object: Gateway | HTTPRoute): string => `${namespaceOf(object)}/${object.metadata.name}`;

interface Referrer {
  readonly kind: string;
  readonly namespace: string;
}

interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Whether an object of Gateway API may refer to one of the core: in its own namespace, or where a ReferenceGrant says so. */
export const mayRefer = (from: Referrer, to: Target, grants: readonly ReferenceGrant[]): boolean =>
  from.namespace === to.namespace ||
  grants.some(
    (grant) =>
      namespaceOf(grant) === to.namespace &&
      (grant.spec?.from ?? []).some(
        (each) => each.group === GATEWAY_GROUP && each.kind === from.kind && each.namespace === from.namespace,
      ) &&
      (grant.spec?.to ?? []).some(
        (each) => (each.group ?? '') === '' && each.kind === to.kind && (each.name === undefined || each.name === to.name),
      ),
  );
