import { isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { readText } from './read-machine.js';

export interface NodeAddressFacts {
  /** `--node-ip`: one address, or one of each family. `0.0.0.0` and `::` only say which family is wanted. */
  readonly given: readonly string[];
  readonly nodeName: string;
  /** Interface of the default route, if there is one. */
  readonly defaultDevice: string | undefined;
  readonly interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** Addresses that this kubelet gave to the machine for Services. Default: none. */
  readonly ofServices?: readonly string[];
}

/**
 * The node's addresses: those given, else one: the node's name if it is an address, that of the interface with the default route, or the first that
 * is neither loopback nor link-local, IPv4 rather than IPv6. None on a machine without network. Upstream: pkg/kubelet/nodestatus/setters.go NodeAddress.
 */
export const chooseNodeAddresses = ({
  given,
  nodeName,
  defaultDevice,
  interfaces,
  ofServices = [],
}: NodeAddressFacts): readonly string[] => {
  const [first = '0.0.0.0'] = given;
  if (first !== '0.0.0.0' && first !== '::') return given;
  if (isIP(nodeName) !== 0) return [nodeName];
  const family = first === '::' ? 'IPv6' : 'IPv4';
  const [best] = Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map((address) => ({ name, ...address })))
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/.test(address) && !ofServices.includes(address))
    .map((each) => ({ ...each, fit: (each.family === family ? 2 : 0) + (each.name === defaultDevice ? 1 : 0) }))
    .sort((left, right) => right.fit - left.fit);
  return best === undefined ? [] : [best.address];
};

/** The same of this machine. */
export const nodeAddresses = async (
  given: readonly string[],
  { nodeName, ofServices }: Required<Pick<NodeAddressFacts, 'nodeName' | 'ofServices'>>,
): Promise<readonly string[]> => {
  const routes = (await readText('/proc/net/route')).split('\n').map((line) => line.split('\t'));
  const defaultDevice = routes.find(([, destination]) => destination === '00000000')?.[0];
  return chooseNodeAddresses({ given, nodeName, defaultDevice, interfaces: networkInterfaces(), ofServices });
};
