import { qualifiedNameErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { Service, ServiceSpec } from '../../gen/object-types.js';
import { validateCidr } from '../../network/cidr.js';

const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Holds a list of source ranges, divided by commas. It counts when the field is empty. */
const SOURCE_RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** The rules for what only a Service of the type LoadBalancer may have. */
export const validateLoadBalancer = ({ metadata, spec }: Service, report: Report, old?: Service): void => {
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const forbidOthers = (field: string): void => {
    if (!isLoadBalancer) report.forbidden(field, ONLY_LOAD_BALANCER);
  };
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[SOURCE_RANGES_ANNOTATION];
  if (ranges.length > 0) {
    // Upstream's spelling of the field.
    const field = 'spec.LoadBalancerSourceRanges';
    forbidOthers(field);
    for (const [i, range] of ranges.entries()) validateCidr(range.trim(), `${field}[${i}]`, report);
  } else if (annotation !== undefined) {
    const field = `metadata.annotations[${SOURCE_RANGES_ANNOTATION}]`;
    forbidOthers(field);
    if (old?.metadata.annotations?.[SOURCE_RANGES_ANNOTATION] !== annotation && annotation.trim() !== '') {
      for (const range of annotation.split(',')) validateCidr(range.trim(), field, report);
    }
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined) forbidOthers('spec.allocateLoadBalancerNodePorts');
  validateClass(spec, report);
};

const validateClass = ({ type, loadBalancerClass }: ServiceSpec, report: Report): void => {
  if (loadBalancerClass === undefined) return;
  if (type !== 'LoadBalancer') report.forbidden('spec.loadBalancerClass', ONLY_LOAD_BALANCER);
  else report.invalidEach('spec.loadBalancerClass', loadBalancerClass, qualifiedNameErrors(loadBalancerClass));
};

/** The class stays as long as the type does. A change is looked at as a class of its own too. */
export const validateClassKept = (spec: ServiceSpec, old: ServiceSpec, report: Report): void => {
  validateClass(spec, report);
  if (spec.type !== 'LoadBalancer' || old.type !== 'LoadBalancer' || spec.loadBalancerClass === old.loadBalancerClass) return;
  const detail = 'may not change once set';
  if (spec.loadBalancerClass === undefined) report.invalidStructure('spec.loadBalancerClass', undefined, detail);
  else report.invalid('spec.loadBalancerClass', spec.loadBalancerClass, detail);
};
