import { portNumberErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { ServiceSpec } from '../../gen/object-types.js';
import type { ObjectPolicy } from '../kind-rules.js';
import { isExternallyAccessible, needsHealthCheck } from './exposure.js';

const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const AFFINITIES = ['ClientIP', 'None'];
const MAX_AFFINITY_SECONDS = 86_400;

/** The rules for whom of its Pods a Service leads to. */
export const validateTraffic = (spec: ServiceSpec, report: Report, policy: ObjectPolicy): void => {
  validateExternalTraffic(spec, report, policy);
  const { internalTrafficPolicy: internal, trafficDistribution: distribution } = spec;
  if (internal !== undefined && !POLICIES.includes(internal)) report.notSupported('spec.internalTrafficPolicy', internal, POLICIES);
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution)) {
    report.notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS);
  }
};

/** Whether a client comes back to the Pod that it had. */
export const validateAffinity = ({ sessionAffinity, sessionAffinityConfig }: ServiceSpec, report: Report): void => {
  if (sessionAffinity === undefined) report.required('spec.sessionAffinity');
  else if (!AFFINITIES.includes(sessionAffinity)) report.notSupported('spec.sessionAffinity', sessionAffinity, AFFINITIES);
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity !== 'ClientIP' || seconds === undefined || (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS)) return;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  report.invalid(field, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`);
};

const validateExternalTraffic = (spec: ServiceSpec, report: Report, { allocatesLater = false }: ObjectPolicy): void => {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort: port = 0 } = spec;
  if (!isExternallyAccessible(spec)) {
    if (policy !== '') report.invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services');
  } else if (!POLICIES.includes(policy)) report.notSupported('spec.externalTrafficPolicy', policy, POLICIES);
  const field = 'spec.healthCheckNodePort';
  if (!needsHealthCheck(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    if (port !== 0) report.invalid(field, port, detail);
  } else if (port === 0) {
    if (!allocatesLater) report.required(field);
  } else report.invalidEach(field, port, portNumberErrors(port));
};

/** The port for health checks stays as long as there is need for it. */
export const validateHealthCheckKept = (spec: ServiceSpec, old: ServiceSpec, report: Report): void => {
  if (!needsHealthCheck(spec) || !needsHealthCheck(old)) return;
  if ((spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0)) {
    report.forbidden('spec.healthCheckNodePort', 'field is immutable');
  }
};
