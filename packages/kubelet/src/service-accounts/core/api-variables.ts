import type { Pod } from '@solo-kubelet/pod-spec';

export interface ServedApi {
  /** Where it listens: an address, a name, or `0.0.0.0` or `::` for all. */
  readonly host: string;
  readonly port: number;
}

/** Of the volume that a Pod has a token from (packages/pod-objects). */
const TOKEN_VOLUME = 'kube-api-access-';

/**
 * What tells a Pod with a token where the API of its node is (pkg/kubelet/envvars): for others there are no variables, as there is no volume. A Pod
 * with a network of its own does not reach the node's loopback, and hears nothing of an API that is served there alone.
 */
export const apiVariables = (
  { spec }: Pick<Pod, 'spec'>,
  { host, port }: ServedApi,
  nodeIps: readonly string[],
): ReadonlyMap<string, string> | undefined => {
  if (!(spec.volumes ?? []).some(({ name }) => name.startsWith(TOKEN_VOLUME))) return undefined;
  const address = reachedAt(host, nodeIps);
  if (address === undefined || (isLoopback(address) && spec.hostNetwork !== true)) return undefined;
  const text = String(port);
  return new Map([
    ['KUBERNETES_SERVICE_HOST', address],
    ['KUBERNETES_SERVICE_PORT', text],
    ['KUBERNETES_SERVICE_PORT_HTTPS', text],
  ]);
};

/** Addresses come from the machine and from flags that were read: their form is enough. */
const isIPv4 = (address: string): boolean => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address);

const reachedAt = (host: string, nodeIps: readonly string[]): string | undefined => {
  if (host === '::') return nodeIps[0];
  return host === '0.0.0.0' ? nodeIps.find((ip) => isIPv4(ip)) : host;
};

const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
