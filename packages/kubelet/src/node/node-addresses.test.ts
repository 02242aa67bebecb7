import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { chooseNodeAddresses, type NodeAddressFacts } from './node-addresses.js';

const address = (family: 'IPv4' | 'IPv6', text: string, internal = false): NetworkInterfaceInfo =>
  ({ family, address: text, internal }) as NetworkInterfaceInfo;
const interfaces = {
  lo: [address('IPv4', '127.0.0.1', true), address('IPv6', '::1', true)],
  bridge: [address('IPv4', '10.88.0.1')],
  eth0: [address('IPv4', '192.0.2.10'), address('IPv6', 'fe80::1'), address('IPv6', '2001:db8::10')],
};

it.each<[string, Partial<NodeAddressFacts>, readonly string[]]>([
  ['one address of the interface with the default route', {}, ['192.0.2.10']],
  ['the first one where there is no default route', { defaultDevice: undefined }, ['10.88.0.1']],
  ['what --node-ip says', { given: ['198.51.100.1', '2001:db8::1'] }, ['198.51.100.1', '2001:db8::1']],
  ['any of the family that --node-ip asks for', { given: ['::'] }, ['2001:db8::10']],
  ['IPv4 where that is asked for', { given: ['0.0.0.0'] }, ['192.0.2.10']],
  ['the name that is an address', { nodeName: '2001:db8::7' }, ['2001:db8::7']],
  ['IPv6 where there is nothing else', { interfaces: { eth0: [address('IPv6', '2001:db8::10')] } }, ['2001:db8::10']],
  ['none without a network', { interfaces: { lo: interfaces.lo } }, []],
])('a node has %s', (_what, facts, expected) =>
  expect(chooseNodeAddresses({ given: [], nodeName: 'node1', defaultDevice: 'eth0', interfaces, ...facts })).toEqual(expected),
);
