import type { CniDns, CniResult } from '../cni-result.js';
import type { NetworkSelection } from './networks-annotation.js';

/** The annotation that tells what a pod's networks look like. */
export const NETWORK_STATUS_ANNOTATION = 'k8s.v1.cni.cncf.io/network-status';

/** One attachment in the annotation's own field names. */
export interface NetworkStatus {
  /** `namespace/name`; the primary network may have a bare name. */
  readonly name: string;
  readonly interface?: string;
  /** Without prefix lengths; empty for an interface without address. */
  readonly ips: readonly string[];
  readonly mac?: string;
  readonly mtu?: number;
  /** True for the network that the runtime attached. */
  readonly default?: boolean;
  readonly dns: CniDns;
  readonly gateway?: readonly string[];
}

/** What an attachment's result means for the pod: the interface inside, and the addresses on it. */
export const deriveNetworkStatus = ({ namespace, name, ifName, defaultRoute }: NetworkSelection, result: CniResult): NetworkStatus => {
  const place = result.interfaces.findIndex((own) => own.name === ifName && own.sandbox !== undefined);
  const { mac, mtu } = result.interfaces[place] ?? {};
  const ips = result.ips.filter((ip) => ip.interface === undefined || place === -1 || ip.interface === place);
  return {
    name: `${namespace}/${name}`,
    interface: ifName,
    ips: ips.map(({ address }) => address.slice(0, address.indexOf('/'))),
    ...(mac !== undefined && { mac }),
    ...(mtu !== undefined && { mtu }),
    dns: result.dns,
    ...(defaultRoute && { gateway: defaultRoute }),
  };
};

/** The text of the annotation, the primary network first. */
export const formatNetworkStatus = (statuses: readonly NetworkStatus[]): string =>
  JSON.stringify(
    [...statuses].sort((a, b) => Number(b.default ?? false) - Number(a.default ?? false)),
    undefined,
    4,
  );
