import type { Draft } from '@solo-kubelet/pod-spec/schema';
import type { ServiceSpec } from '../../gen/object-types.js';
import { isSameField } from '../../object/same-value.js';
import { isExternallyAccessible, needsHealthCheck, usesNodePorts } from './exposure.js';

/**
 * Drops fields that had a use with the old type and have none with the new one, unless they were changed as well: then it is for the rules to refuse them.
 * As `dropTypeDependentFields` (pkg/registry/core/service/strategy.go).
 */
export const dropDependentFields = (draft: Draft<ServiceSpec>, old: ServiceSpec): void => {
  const spec = draft as ServiceSpec;
  const isSame = (name: keyof ServiceSpec & string): boolean => isSameField('ServiceSpec', name, spec, old);
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (isSame('clusterIP') && isSame('clusterIPs')) {
      delete draft.clusterIP;
      delete draft.clusterIPs;
    }
    if (isSame('ipFamilies')) delete draft.ipFamilies;
    if ((spec.ipFamilyPolicy ?? '') === (old.ipFamilyPolicy ?? '')) delete draft.ipFamilyPolicy;
  }
  if (usesNodePorts(old) && !usesNodePorts(spec) && hasNoNewNodePort(spec, old)) for (const port of draft.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && isSame('healthCheckNodePort')) delete draft.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (isSame('allocateLoadBalancerNodePorts')) delete draft.allocateLoadBalancerNodePorts;
    if (isSame('loadBalancerClass')) delete draft.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && isSame('externalTrafficPolicy')) delete draft.externalTrafficPolicy;
};

/** Node ports may be dropped, moved and swapped, but not added. */
const hasNoNewNodePort = (spec: ServiceSpec, old: ServiceSpec): boolean => {
  const before = new Set(nodePorts(old));
  return nodePorts(spec).every((port) => before.has(port));
};

const nodePorts = ({ ports = [] }: ServiceSpec): readonly number[] =>
  ports.flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort]));
