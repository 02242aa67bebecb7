import type { ContainerdLayout } from './layout.js';

export interface PodNetworkOptions {
  readonly layout: Pick<ContainerdLayout, 'networkName' | 'bridge' | 'cniStateDirectory'>;
  /** IPv4 CIDR of the pods. */
  readonly subnet: string;
  /** Whether pods reach the world through the host's address. */
  readonly masquerade: boolean;
}

/** The CNI configuration list of a bridge network with hostPorts, all of whose state lies in the instance's own directory. */
export const podNetworkConfig = ({ layout, subnet, masquerade }: PodNetworkOptions): string =>
  `${JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: layout.networkName,
      plugins: [
        {
          type: 'bridge',
          bridge: layout.bridge,
          isGateway: true,
          ipMasq: masquerade,
          hairpinMode: true,
          ipam: { type: 'host-local', dataDir: layout.cniStateDirectory, ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
        { type: 'portmap', capabilities: { portMappings: true }, snat: true },
      ],
    },
    null,
    2,
  )}\n`;

/** `/24` networks of `10.<second>.<third>.0`, in an order that the seed decides, so that two instances rarely want the same one. */
export const subnetCandidates = (seed: number): readonly string[] => {
  const size = 64 * 256;
  return Array.from({ length: 64 }, (_, index) => {
    const place = (seed + index * 257) % size;
    return `10.${160 + Math.floor(place / 256)}.${place % 256}.0/24`;
  });
};

/** The first candidate that overlaps none of the machine's routes (`ip -4 route` destinations; `default` is ignored). */
export const pickSubnet = (candidates: readonly string[], routes: readonly string[]): string | undefined => {
  const taken = routes.filter((route) => /^\d/.test(route)).map(range);
  return candidates.find((candidate) => {
    const [first, last] = range(candidate);
    return taken.every(([from, to]) => last < from || first > to);
  });
};

const range = (cidr: string): readonly [first: number, last: number] => {
  const [address = '', bits = '32'] = cidr.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(value / size) * size;
  return [first, first + size - 1];
};
