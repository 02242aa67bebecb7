import { dnsLabelErrors, portNameErrors, portNumberErrors, qualifiedNameErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { ServicePort, ServiceSpec } from '../../gen/object-types.js';
import { isHeadless } from './exposure.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export const validateServicePorts = (spec: ServiceSpec, field: string, report: Report): void => {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') report.required(field);
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    validateName(port.name ?? '', { needed: ports.length > 1, names }, `${field}[${i}].name`, report);
    validatePort(port, `${field}[${i}]`, report);
    if (spec.type === 'ClusterIP' && (port.nodePort ?? 0) !== 0) {
      report.forbidden(`${field}[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'");
    }
  }
};

const validateName = (
  name: string,
  { needed, names }: { readonly needed: boolean; readonly names: Set<string> },
  field: string,
  report: Report,
): void => {
  if (name === '') {
    if (needed) report.required(field);
    return;
  }
  report.invalidEach(field, name, dnsLabelErrors(name));
  if (names.has(name)) report.duplicate(field, name);
  names.add(name);
};

const validatePort = ({ port = 0, protocol, targetPort = 0, appProtocol }: ServicePort, field: string, report: Report): void => {
  report.invalidEach(`${field}.port`, port, portNumberErrors(port));
  if (protocol === undefined) report.required(`${field}.protocol`);
  else if (!PROTOCOLS.includes(protocol)) report.notSupported(`${field}.protocol`, protocol, PROTOCOLS);
  const targetErrors = typeof targetPort === 'number' ? portNumberErrors(targetPort) : portNameErrors(targetPort);
  report.invalidEach(`${field}.targetPort`, targetPort, targetErrors);
  if (appProtocol !== undefined) report.invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol));
};

/** A port as upstream prints its internal form, which has no names of JSON. */
const internalPort = ({ protocol, port = 0 }: Pick<ServicePort, 'protocol' | 'port'>): object => ({
  Name: '',
  Protocol: protocol ?? '',
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
});

/** Each port, and each node port, once for a protocol. */
export const validateUniquePorts = ({ ports = [] }: ServiceSpec, field: string, report: Report): void => {
  const taken = new Set<string>();
  const isTaken = (key: string): boolean => taken.has(key) || !taken.add(key);
  for (const [i, { port = 0, nodePort = 0, protocol }] of ports.entries()) {
    if (nodePort !== 0 && isTaken(`node ${nodePort}/${protocol}`)) report.duplicate(`${field}[${i}].nodePort`, nodePort);
    if (isTaken(`${port}/${protocol}`)) report.duplicateStructure(`${field}[${i}]`, internalPort({ protocol, port }));
  }
};
