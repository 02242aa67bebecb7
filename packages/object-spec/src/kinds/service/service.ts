import { dnsSubdomainErrors, labelNameErrors, type Report, validateLabels } from '@solo-kubelet/pod-spec/schema';
import type { Service, ServiceSpec } from '../../gen/object-types.js';
import { validateEndpointIp, validateIp } from '../../network/ip-rules.js';
import type { KindRules, ObjectPolicy } from '../kind-rules.js';
import { validateClusterIps } from './cluster-ips.js';
import { validateClusterIpsUpdate } from './cluster-ips-update.js';
import { dropDependentFields } from './drop-dependent-fields.js';
import { isHeadless } from './exposure.js';
import { validateClassKept, validateLoadBalancer } from './load-balancer.js';
import { fillBalancerAddresses, fillService, pluralizeClusterIp } from './service-defaults.js';
import { validateServicePorts, validateUniquePorts } from './service-ports.js';
import { serviceWarnings } from './service-warnings.js';
import { TOPOLOGY_HINTS, TOPOLOGY_MODE } from './topology-annotations.js';
import { validateAffinity, validateHealthCheckKept, validateTraffic } from './traffic.js';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

const validateExternalName = (
  { clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' }: ServiceSpec,
  report: Report,
): void => {
  const given = { clusterIPs: clusterIPs.length > 0, ipFamilies: ipFamilies.length > 0, ipFamilyPolicy: ipFamilyPolicy !== undefined };
  for (const [name, isGiven] of Object.entries(given)) {
    if (isGiven) report.forbidden(`spec.${name}`, 'may not be set for ExternalName services');
  }
  // A dot at the end makes the name a full one.
  const name = externalName.replace(/\.$/, '');
  if (name === '') report.required('spec.externalName');
  else report.invalidEach('spec.externalName', name, dnsSubdomainErrors(name));
};

/** What a Service of its type may have. */
const validateByType = (spec: ServiceSpec, report: Report): void => {
  const { type = '' } = spec;
  if (type === 'ExternalName') {
    validateExternalName(spec, report);
    return;
  }
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    report.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`);
  }
  validateClusterIps(spec, report);
};

const validateExternalIps = ({ externalIPs = [] }: ServiceSpec, report: Report): void => {
  for (const [i, ip] of externalIPs.entries()) {
    const field = `spec.externalIPs[${i}]`;
    if (validateIp(ip, field, report)) validateEndpointIp(ip, field, report);
  }
};

const validate = (service: Service, report: Report, policy: ObjectPolicy, old?: Service): void => {
  const { metadata, spec } = service;
  const mode = metadata.annotations?.[TOPOLOGY_MODE];
  const hints = metadata.annotations?.[TOPOLOGY_HINTS];
  if (mode !== undefined && hints !== undefined && mode !== hints) {
    const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
    report.invalid(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, detail);
  }
  validateByType(spec, report);
  validateServicePorts(spec, 'spec.ports', report);
  validateLabels(spec.selector, 'spec.selector', report);
  validateAffinity(spec, report);
  if (!TYPES.includes(spec.type ?? '')) report.notSupported('spec.type', spec.type ?? '', TYPES);
  validateUniquePorts(spec, 'spec.ports', report);
  validateExternalIps(spec, report);
  validateLoadBalancer(service, report, old);
  validateTraffic(spec, report, policy);
};

/**
 * The rules of a Service. Addresses, families and node ports are neither given out nor taken over from the old object: that is for an allocator, before the
 * rules are looked at.
 */
export const serviceRules: KindRules<Service> = {
  nameErrors: labelNameErrors,
  countsGeneration: false,
  updateChecksMetadata: false,
  fillDefaults: (service) => {
    service.spec ??= {};
    fillService(service.spec);
    fillBalancerAddresses(service);
  },
  prepareCreate: ({ spec }) => pluralizeClusterIp(spec),
  prepareUpdate: ({ spec }, old) => {
    pluralizeClusterIp(spec);
    dropDependentFields(spec, old.spec);
  },
  validate: (service, report, policy) => validate(service, report, policy),
  validateUpdate: (service, old, report, policy) => {
    validateClusterIpsUpdate(service.spec, old.spec, report);
    validateClassKept(service.spec, old.spec, report);
    validateHealthCheckKept(service.spec, old.spec, report);
    validate(service, report, policy, old);
  },
  warnings: serviceWarnings,
};
