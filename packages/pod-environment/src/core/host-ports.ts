import type { PortMapping } from '@solo-kubelet/cri-types';
import type { Container, ContainerPort, Pod } from '@solo-kubelet/pod-spec';
import { protocols } from './cri-enums.js';

export interface HostPort {
  readonly containerName: string;
  /** Empty: every address. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly protocol: string;
}

/** Host ports that a pod takes: those of its containers and sidecars. Upstream: NodePorts plugin of the scheduler. */
export const podHostPorts = (pod: Pod): readonly HostPort[] =>
  [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers].flatMap((container) =>
    (container.ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ hostIP, hostPort, protocol }) => ({
        containerName: container.name ?? '',
        hostIp: isAnyAddress(hostIP) ? '' : (hostIP ?? ''),
        hostPort: hostPort ?? 0,
        protocol: protocol ?? 'TCP',
      })),
  );

/** Whether two host ports exclude each other: same protocol and number, and one of them on every address or both on the same. */
export const hostPortsConflict = (left: HostPort, right: HostPort): boolean =>
  left.hostPort === right.hostPort &&
  left.protocol === right.protocol &&
  (left.hostIp === '' || right.hostIp === '' || left.hostIp === right.hostIp);

/**
 * Port mappings of a sandbox: those of regular containers only (a sidecar's hostPort takes part in admission but is not mapped, as upstream).
 * Duplicates within a container are left out. Upstream: MakePortMappings in pkg/kubelet/container/helpers.go.
 */
export const portMappings = (pod: Pod): PortMapping[] =>
  pod.spec.containers.flatMap((container) => {
    const seen = new Set<string>();
    return (container.ports ?? []).flatMap((port) => {
      const key = portKey(port);
      if (seen.has(key)) return [];
      seen.add(key);
      return [
        {
          protocol: protocols[(port.protocol ?? 'TCP') as keyof typeof protocols] ?? protocols.TCP,
          containerPort: port.containerPort ?? 0,
          hostPort: port.hostPort ?? 0,
          hostIp: port.hostIP ?? '',
        },
      ];
    });
  });

const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

const isAnyAddress = (address: string | undefined): boolean => !address || address === '0.0.0.0';

const portKey = ({ name, protocol, hostIP, hostPort, containerPort }: ContainerPort): string =>
  name || `${protocol ?? 'TCP'}-${hostIP ?? ''}:${containerPort ?? 0}:${hostPort ?? 0}`;
