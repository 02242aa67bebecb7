import type { Pod } from '@solo-kubelet/pod-spec';
import { isSidecar } from '@solo-kubelet/pod-spec';

/** As much of a Pod as its endpoints and policies need. */
export interface EndpointPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The first is its main one. */
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
  readonly hostname: string;
  readonly subdomain: string;
  /** Its condition Ready. */
  readonly ready: boolean;
  /** It is being ended. */
  readonly terminating: boolean;
  /** Containers first, then sidecars: the first of a name and protocol counts. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  /** `PROTOCOL/PORT` that it takes at the node. */
  readonly hostPorts: readonly string[];
}

/** Undefined for a Pod that has ended, or has no address yet. */
export const endpointPod = (pod: Pod, terminating: boolean): EndpointPod | undefined => {
  const { metadata, spec, status } = pod;
  const ips = (status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  if (ips.length === 0 && status?.podIP) ips.push(status.podIP);
  if (ips.length === 0 || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const containers = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    ips,
    hostNetwork: spec.hostNetwork === true,
    hostname: spec.hostname ?? '',
    subdomain: spec.subdomain ?? '',
    ready: status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false,
    terminating: terminating || metadata.deletionTimestamp !== undefined,
    ports: ports.map(({ name = '', protocol = 'TCP', containerPort }) => ({ name, protocol, port: containerPort })),
    hostPorts: ports.flatMap(({ hostPort, protocol = 'TCP' }) => (hostPort ? [`${protocol}/${hostPort}`] : [])),
  };
};
