import type { ContainerPort } from '@solo-kubelet/pod-spec';
import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { PlacedContainer } from './placed-container.js';

interface PlacedPort {
  readonly port: ContainerPort;
  readonly field: string;
}

/** As Go prints the structure. */
const printPort = ({ name = '', hostPort = 0, containerPort = 0, protocol, hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`;

const conflict = (port: ContainerPort, other: ContainerPort): string | undefined => {
  const [ip = '', otherIp = ''] = [port.hostIP, other.hostIP];
  const [number = 0, otherNumber = 0] = [port.hostPort, other.hostPort];
  if (ip === otherIp && number === otherNumber) return 'duplicate port definition with';
  if (number === 0 || otherNumber === 0) return 'overlapping port definition with';
  return number === otherNumber && (ip === '') !== (otherIp === '') ? 'dangerously ambiguous port definition with' : undefined;
};

/** Warnings about ports of a Pod that are declared twice, or by halves. */
export const portWarnings = (containers: readonly PlacedContainer[]): readonly string[] => {
  const byNumber = new Map<string, PlacedPort[]>();
  const byName = new Map<string, string>();
  const warnings: string[] = [];
  const ports = containers.flatMap(({ container, field }) =>
    (container.ports ?? []).map((port, i): PlacedPort => ({ port, field: `${field}.ports[${i}]` })),
  );
  for (const { port, field } of ports) {
    if (port.hostIP && !port.hostPort) warnings.push(`${field}: hostIP set without hostPort: ${printPort(port)}`);
    const key = `${port.containerPort}/${port.protocol ?? ''}`;
    const others = byNumber.get(key) ?? [];
    for (const other of others) {
      const what = conflict(port, other.port);
      if (what !== undefined) warnings.push(`${field}: ${what} ${other.field}`);
    }
    byNumber.set(key, [...others, { port, field }]);
  }
  for (const { port, field } of ports) {
    if (!port.name) continue;
    const other = byName.get(port.name);
    if (other === undefined) byName.set(port.name, field);
    else {
      const rest = `services and probes that select ports by name will use ${other}`;
      warnings.push(`${field}: duplicate port name ${goQuote(port.name)} with ${other}, ${rest}`);
    }
  }
  return warnings;
};
