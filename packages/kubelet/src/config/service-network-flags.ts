import { isIP } from 'node:net';

/** What makes a network of Services of a node. */
export interface ServiceNetworkFlags {
  /** Blocks of addresses for Services, at most one of each family. */
  readonly ranges: readonly string[];
  /** Both included. */
  readonly nodePorts: { readonly from: number; readonly to: number };
  /** Addresses of load balancers; undefined: they have the node's. */
  readonly loadBalancers?: LoadBalancerFlags | undefined;
  /** Whether the kernel's log tells of packets that NetworkPolicies drop. Default: no. */
  readonly logsDrops?: boolean;
}

export interface LoadBalancerFlags {
  /** Blocks, spans and single addresses; `parseAddressPool` of service-network reads them. */
  readonly pool: readonly string[];
  /** Where they are announced; undefined: where the machine has a network that holds them. */
  readonly device?: string | undefined;
}

/** What the flags for them say, or what is wrong with them. */
export const parseLoadBalancers = (
  pool: string | undefined,
  device: string | undefined,
): LoadBalancerFlags | undefined | { readonly error: string } => {
  if (pool === undefined)
    return device === undefined
      ? undefined
      : { error: '--service-load-balancer-interface is only of use with --service-load-balancer-pool' };
  if (device !== undefined && !isDeviceName(device))
    return {
      error: `--service-load-balancer-interface ${JSON.stringify(device.slice(0, 100))}: want the name of a network interface, such as eth0`,
    };
  const texts = pool.split(',').map((text) => text.trim());
  const wrong = texts.find((text) => !text.split(/[-/]/).every((part, i) => isIP(part.trim()) !== 0 || (i === 1 && isLength(part))));
  if (wrong !== undefined)
    return {
      error: `--service-load-balancer-pool ${JSON.stringify(wrong.slice(0, 100))}: want ADDRESS/LENGTH, FIRST-LAST or an address, with commas several, such as 192.0.2.240-192.0.2.250`,
    };
  return { pool: texts, ...(device !== undefined && { device }) };
};

/** As the kernel's dev_valid_name. */
const isDeviceName = (text: string): boolean =>
  text.length > 0 && text.length < 16 && text !== '.' && text !== '..' && !/[\s/:]/.test(text);

const isLength = (text: string): boolean => /^\d+$/.test(text) && Number(text) <= 128;

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
