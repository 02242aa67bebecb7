import type { StoredObject, Values } from '../../stored-object.js';
import type { Counter } from './counter.js';

const NAMES = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'];

const nodePortsOf = ({ spec = {} }: StoredObject): number => {
  const ports = (spec['ports'] ?? []) as readonly Values[];
  if (spec['type'] === 'NodePort') return ports.length;
  if (spec['type'] !== 'LoadBalancer') return 0;
  // Ports that are not given by themselves count if they are asked for.
  return spec['allocateLoadBalancerNodePorts'] === false ? ports.filter(({ nodePort }) => Boolean(nodePort)).length : ports.length;
};

export const countServices: Counter = {
  countedNames: (names) => names.filter((name) => NAMES.includes(name)),
  isInScope: () => false,
  usage: (service) => ({
    'count/services': '1',
    services: '1',
    'services.nodeports': String(nodePortsOf(service)),
    'services.loadbalancers': service.spec?.['type'] === 'LoadBalancer' ? '1' : '0',
  }),
  countsUpdate: (_updated, _old, subresource) => subresource === '',
};
