import { expect, it } from 'vitest';
import { parseLoadBalancers } from './service-network-flags.js';

it.each([
  [undefined, undefined, undefined],
  ['192.0.2.240-192.0.2.250, fd00::/120', undefined, { pool: ['192.0.2.240-192.0.2.250', 'fd00::/120'] }],
  ['192.0.2.240', 'eth0.10', { pool: ['192.0.2.240'], device: 'eth0.10' }],
])('pool %j at %j', (pool, device, flags) => {
  expect(parseLoadBalancers(pool, device)).toEqual(flags);
});

it.each([
  [undefined, 'eth0', '--service-load-balancer-interface is only of use with --service-load-balancer-pool'],
  ['192.0.2.240', 'a/b', '--service-load-balancer-interface "a/b": want the name of a network interface, such as eth0'],
  ['192.0.2.240', '', '--service-load-balancer-interface "": want the name'],
  ['192.0.2.240,eth0', undefined, '--service-load-balancer-pool "eth0": want ADDRESS/LENGTH, FIRST-LAST or an address'],
  ['', undefined, '--service-load-balancer-pool "": want'],
])('pool %j at %j is refused', (pool, device, message) => {
  const found = parseLoadBalancers(pool, device);
  expect(found !== undefined && 'error' in found && found.error).toContain(message);
});
