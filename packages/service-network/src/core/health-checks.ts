import type { ServiceNetwork } from './service-network.js';

/** What a load balancer in front of the node asks: whether to send connections for a Service here. */
export interface HealthCheck {
  readonly namespace: string;
  readonly name: string;
  /** `healthCheckNodePort`. */
  readonly port: number;
  /** Ready endpoints of this node. */
  readonly localEndpoints: number;
}

/** One for each Service with `externalTrafficPolicy: Local`, in the order of Services. */
export const healthChecks = ({ parts, input }: Pick<ServiceNetwork, 'parts' | 'input'>): readonly HealthCheck[] =>
  [...parts.values()].flatMap(({ service: { metadata, spec }, slices }) => {
    const port = spec.healthCheckNodePort;
    if (port === undefined || port === 0 || spec.type !== 'LoadBalancer' || spec.loadBalancerClass !== undefined) return [];
    const endpoints = slices
      .filter(({ addressType }) => addressType !== 'FQDN')
      .flatMap((slice) => slice.endpoints)
      .filter(({ nodeName, conditions }) => nodeName === input.node.name && conditions?.ready !== false);
    // An endpoint with two families, or with ports in two slices, is one.
    const names = new Set(endpoints.map(({ targetRef, addresses }) => targetRef?.name ?? addresses[0] ?? ''));
    return [{ namespace: metadata.namespace ?? 'default', name: metadata.name ?? '', port, localEndpoints: names.size }];
  });
