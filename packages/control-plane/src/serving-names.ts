import { isIP } from 'node:net';
import type { CertificateNames } from '@solo-kubelet/cluster-client';
import type { NodeObject } from './core/node-patch.js';

/**
 * What a node's serving certificate is to be good for: its addresses as the cluster knows them. Undefined while there is no IP among them, by which
 * an API server would come. Upstream: pkg/kubelet/certificate/kubelet.go.
 */
export const servingNames = ({ status }: Pick<NodeObject, 'status'>): CertificateNames | undefined => {
  const dnsNames = new Set<string>();
  const ips = new Set<string>();
  for (const { type, address } of status?.addresses ?? []) {
    if (address === '') continue;
    const isIp = isIP(address) !== 0;
    if (isIp && IP_TYPES.has(type)) ips.add(address);
    else if (!isIp && DNS_TYPES.has(type)) dnsNames.add(address);
  }
  return ips.size === 0 ? undefined : { dnsNames: [...dnsNames].sort(), ips: [...ips].sort() };
};

const IP_TYPES: ReadonlySet<string> = new Set(['Hostname', 'InternalIP', 'ExternalIP']);
const DNS_TYPES: ReadonlySet<string> = new Set(['Hostname', 'InternalDNS', 'ExternalDNS']);
