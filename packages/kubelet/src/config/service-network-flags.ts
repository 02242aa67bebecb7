import { isIP } from 'node:net';

/** What makes a network of Services of a node. */
export interface ServiceNetworkFlags {
  /** Blocks of addresses for Services, at most one of each family. */
  readonly ranges: readonly string[];
  /** Both included. */
  readonly nodePorts: { readonly from: number; readonly to: number };
}

/** As kube-apiserver's --service-node-port-range. */
const DEFAULT_NODE_PORTS = '30000-32767';

/** The two flags, or what is wrong with them. */
export const parseServiceNetwork = (ranges: string, nodePorts = DEFAULT_NODE_PORTS): ServiceNetworkFlags | { readonly error: string } => {
  const texts = ranges.split(',').map((text) => text.trim());
  const families = texts.map(familyOf);
  if (families.includes(undefined))
    return {
      error: `--service-cluster-ip-range ${ranges}: want ADDRESS/LENGTH, such as 10.96.0.0/16, or one of each family with a comma; from /8 to /29, of IPv6 from /64 to /125`,
    };
  if (new Set(families).size !== families.length)
    return { error: `--service-cluster-ip-range ${ranges}: want at most one range of each family` };
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(nodePorts.trim())?.map(Number) ?? [];
  if (from === undefined || to === undefined || from < 1 || to > 65_535 || from > to)
    return { error: `--service-node-port-range ${nodePorts}: want FIRST-LAST, such as ${DEFAULT_NODE_PORTS}` };
  return { ranges: texts, nodePorts: { from, to } };
};

const familyOf = (text: string): number | undefined => {
  const [, address = '', length = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const bits = Number(length);
  if (family === 4) return bits >= 8 && bits <= 29 ? 4 : undefined;
  return family === 6 && bits >= 64 && bits <= 125 ? 6 : undefined;
};
