import type { ContainerPort, Pod } from '@solo-kubelet/pod-spec';
import { isSidecar } from '../restart-decision.js';

interface HostPort {
  readonly protocol: string;
  readonly port: number;
  /** Empty: every address. */
  readonly ip: string;
}

/** Ports of containers and sidecars that are the host's too. */
export const hostPortsOf = ({ spec }: Pod): readonly ContainerPort[] =>
  [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers].flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort !== undefined && hostPort > 0),
  );

const portsOf = (pod: Pod): readonly HostPort[] =>
  hostPortsOf(pod).map(({ hostPort, protocol, hostIP }) => ({
    protocol: protocol ?? 'TCP',
    port: hostPort!,
    ip: isAny(hostIP) ? '' : hostIP!,
  }));

const isAny = (ip: string | undefined): boolean => ip === undefined || ip === '' || ip === '0.0.0.0';

const clash = (a: HostPort, b: HostPort): boolean =>
  a.protocol === b.protocol && a.port === b.port && (a.ip === '' || b.ip === '' || a.ip === b.ip);

/** Host ports of a pod that others have, and which of them. */
export const takenHostPorts = (
  pod: Pod,
  others: readonly Pod[],
): readonly { readonly port: number; readonly protocol: string; readonly by: Pod }[] =>
  portsOf(pod).flatMap((wanted) => {
    const by = others.find((other) => portsOf(other).some((port) => clash(wanted, port)));
    return by === undefined ? [] : [{ port: wanted.port, protocol: wanted.protocol, by }];
  });
