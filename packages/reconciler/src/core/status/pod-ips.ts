const familyOf = (ip: string): 4 | 6 => (ip.includes(':') ? 6 : 4);

/** The first address of each family, the family of the node's first address (IPv4 when it has none) in front. */
export const onePerFamily = (ips: readonly string[], nodeIps: readonly string[]): readonly string[] => {
  const preferred = nodeIps[0] === undefined ? 4 : familyOf(nodeIps[0]);
  const first = ips.find((ip) => familyOf(ip) === preferred);
  const second = ips.find((ip) => familyOf(ip) !== preferred);
  return [first, second].filter((ip) => ip !== undefined);
};
