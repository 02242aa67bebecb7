import type { Container, ContainerPort, PodSpec } from '../gen/pod-types.js';
import { portNameErrors, portNumberErrors } from './grammar.js';
import type { Report } from './report.js';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export const validatePorts = (ports: readonly ContainerPort[], field: string, report: Report): void => {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    validatePortName(port.name ?? '', names, `${field}[${i}].name`, report);
    validatePortNumbers(port, `${field}[${i}]`, report);
    const protocol = port.protocol ?? '';
    if (protocol === '') report.required(`${field}[${i}].protocol`);
    else if (!PROTOCOLS.includes(protocol)) report.notSupported(`${field}[${i}].protocol`, protocol, PROTOCOLS);
  }
};

const validatePortName = (name: string, names: Set<string>, field: string, report: Report): void => {
  if (name === '') return;
  const errors = portNameErrors(name);
  if (errors.length > 0) report.invalidEach(field, name, errors);
  else if (names.has(name)) report.duplicate(field, name);
  else names.add(name);
};

const validatePortNumbers = ({ containerPort = 0, hostPort = 0 }: ContainerPort, field: string, report: Report): void => {
  if (containerPort === 0) report.required(`${field}.containerPort`);
  else report.invalidEach(`${field}.containerPort`, containerPort, portNumberErrors(containerPort));
  if (hostPort !== 0) report.invalidEach(`${field}.hostPort`, hostPort, portNumberErrors(hostPort));
};

/** Each host port may be asked for once among these containers. */
export const validateHostPortsUnique = (containers: readonly Container[], field: string, report: Report): void => {
  const taken = new Set<string>();
  for (const [i, container] of containers.entries()) {
    for (const [j, { protocol = '', hostIP = '', hostPort = 0 }] of (container.ports ?? []).entries()) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) report.duplicate(`${field}[${i}].ports[${j}].hostPort`, key);
      taken.add(key);
    }
  }
};

/** On the host's network a container's port is the host's port. */
export const validateHostNetworkPorts = (spec: PodSpec, field: string, report: Report): void => {
  if (spec.hostNetwork !== true) return;
  for (const [i, container] of spec.containers.entries()) {
    for (const [j, { hostPort = 0, containerPort = 0 }] of (container.ports ?? []).entries()) {
      if (hostPort === 0 || hostPort === containerPort) continue;
      const detail = 'must match `containerPort` when `hostNetwork` is true';
      report.invalid(`${field}.containers[${i}].ports[${j}].hostPort`, hostPort, detail);
    }
  }
};
