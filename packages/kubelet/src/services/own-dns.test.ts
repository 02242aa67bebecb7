import { expect, it } from 'vitest';
import { ownDnsAddress } from './own-dns.js';

const services = { ranges: ['10.96.0.0/16'], nodePorts: { from: 30_000, to: 32_767 } };

it.each([
  ['with Services Pods ask the node', { serviceNetwork: services }, [], '169.254.20.10'],
  ['of IPv6 by its own family', { serviceNetwork: { ...services, ranges: ['fd00:96::/112'] } }, [], 'fd20:10::53'],
  ['at another address if that is wanted', { serviceNetwork: services, dnsAddress: '169.254.7.7' }, [], '169.254.7.7'],
  ['or nobody', { serviceNetwork: services, dnsAddress: 'off' }, [], undefined],
  ['without Services nobody', { serviceNetwork: undefined }, [], undefined],
  ['where clusterDNS names others they are asked', { serviceNetwork: services }, ['10.96.0.10'], undefined],
  ['unless it names the node', { serviceNetwork: services }, ['169.254.20.10'], '169.254.20.10'],
])('%s', (_, flags, clusterDNS, expected) => expect(ownDnsAddress(flags, clusterDNS)).toBe(expected));
