import { isIPv6 } from 'node:net';
import type { KubeletConfiguration } from '../config/fields.js';
import type { KubeletFlags } from '../config/kubelet-flags.js';

/** Link-local, so that it is of no network that anybody routes; the address that caches of DNS on nodes have by custom. */
const DEFAULT_ADDRESS = '169.254.20.10';
const DEFAULT_IPV6_ADDRESS = 'fd20:10::53';
const DEFAULT_DOMAIN = 'cluster.local';

/** Where the node's own DNS server is asked; undefined where there is none: Services are off, it was turned off, or Pods are to ask others. */
export const ownDnsAddress = (
  flags: Pick<KubeletFlags, 'serviceNetwork' | 'dnsAddress'>,
  clusterDNS: readonly string[],
): string | undefined => {
  const { serviceNetwork, dnsAddress } = flags;
  if (serviceNetwork === undefined || dnsAddress === 'off') return undefined;
  const address = dnsAddress ?? (isIPv6(serviceNetwork.ranges[0]?.split('/')[0] ?? '') ? DEFAULT_IPV6_ADDRESS : DEFAULT_ADDRESS);
  return clusterDNS.length === 0 || clusterDNS.includes(address) ? address : undefined;
};

/** The configuration in which Pods ask the node's own DNS server, where it has one; what the user configured stays as it is. */
export const withOwnDns = <T extends { readonly config: KubeletConfiguration; readonly flags: KubeletFlags }>(options: T): T => {
  const { config, flags } = options;
  const address = ownDnsAddress(flags, config.clusterDNS);
  if (address === undefined) return options;
  return { ...options, config: { ...config, clusterDNS: [address], clusterDomain: config.clusterDomain || DEFAULT_DOMAIN } };
};
