import type { Pod } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';

export interface PodHostname {
  readonly hostname: string;
  /** `<subdomain>.<namespace>.svc.<clusterDomain>`; empty without a subdomain. */
  readonly domain: string;
}

const MAX_HOSTNAME = 63;
const MAX_KERNEL_HOSTNAME = 64;

/**
 * Hostname and domain of a pod. An empty cluster domain leaves the domain with a dot at its end, as upstream.
 * Upstream: GeneratePodHostNameAndDomain in pkg/kubelet/kubelet_pods.go.
 */
export const podHostname = (pod: Pod, clusterDomain: string): PodHostname => {
  const { metadata, spec } = pod;
  if (spec.hostnameOverride) return { hostname: cutHostname(spec.hostnameOverride), domain: '' };
  const hostname = cutHostname(spec.hostname || (metadata.name ?? ''));
  if (!spec.subdomain) return { hostname, domain: '' };
  const domain = [spec.subdomain, metadata.namespace, 'svc', clusterDomain].join('.');
  return { hostname, domain };
};

/** What the kernel of the sandbox calls itself: empty for host-network pods, the full name with setHostnameAsFQDN. */
export const sandboxHostname = (pod: Pod, clusterDomain: string): string => {
  if (pod.spec.hostNetwork) return '';
  const { hostname, domain } = podHostname(pod, clusterDomain);
  if (!pod.spec.setHostnameAsFQDN || domain === '') return hostname;
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length > MAX_KERNEL_HOSTNAME) {
    throw new PodEnvironmentError({
      code: 'HOSTNAME_TOO_LONG',
      retryable: false,
      message: `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${MAX_KERNEL_HOSTNAME} characters is the max, ${fqdn.length} characters requested)`,
      hint: 'Shorten the hostname, the subdomain or the namespace, or drop setHostnameAsFQDN.',
    });
  }
  return fqdn;
};

const cutHostname = (name: string): string =>
  name.length <= MAX_HOSTNAME ? name : name.slice(0, MAX_HOSTNAME).replace(/(?<![-.])[-.]+$/, '');
