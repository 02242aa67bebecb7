import type { Draft } from '@solo-kubelet/pod-spec/schema';
import type { Service, ServiceSpec } from '../../gen/object-types.js';
import { isExternallyAccessible } from './exposure.js';

/** Three hours, as `DefaultClientIPServiceAffinitySeconds` (pkg/apis/core/v1). */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Fills in what is left out of a Service. What an allocator gives (addresses, families, node ports) is not among it. */
export const fillService = (spec: Draft<ServiceSpec>): void => {
  fillAffinity(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec as ServiceSpec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (['ClusterIP', 'LoadBalancer', 'NodePort'].includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
};

const fillAffinity = (spec: Draft<ServiceSpec>): void => {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } };
  }
};

/** An address that says nothing about its traffic is one that packets arrive at as they were sent. */
export const fillBalancerAddresses = ({ spec, status }: Draft<Service>): void => {
  if (spec?.type !== 'LoadBalancer') return;
  for (const point of status?.loadBalancer?.ingress ?? []) if (point.ip) point.ipMode ??= 'VIP';
};

/** Who gives only the one address means a list of it. */
export const pluralizeClusterIp = (spec: Draft<ServiceSpec>): void => {
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
};
