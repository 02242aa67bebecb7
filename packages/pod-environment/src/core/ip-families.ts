/** The first address of each family, the family of the node's first address leading. Upstream: podIPs ordering in pkg/kubelet/kubelet_pods.go. */
export const oneOfEachFamily = (addresses: readonly string[], nodeIps: readonly string[]): readonly string[] => {
  const v4 = addresses.find((address) => !isV6(address));
  const v6 = addresses.find(isV6);
  const leading = nodeIps[0] ?? addresses[0] ?? '';
  return (isV6(leading) ? [v6, v4] : [v4, v6]).filter((address) => address !== undefined);
};

/** A pod's addresses: the node's own for a host-network pod (upstream without an API server has none, docs/decisions/045). */
export const podAddresses = (hostNetwork: boolean, podIps: readonly string[], nodeIps: readonly string[]): readonly string[] =>
  oneOfEachFamily(hostNetwork ? nodeIps : podIps, nodeIps);

const isV6 = (address: string): boolean => address.includes(':');
