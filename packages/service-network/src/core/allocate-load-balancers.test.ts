import type { Service, ServiceSpec } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { parseAddressPool } from './address-pool.js';
import { allocateLoadBalancers, withStatus } from './allocate-load-balancers.js';
import type { Allocations } from './allocate-services.js';

const balancer = (name: string, spec: ServiceSpec = {}, annotations: Record<string, string> = {}): Service => ({
  metadata: { name, namespace: 'default', annotations },
  spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], ...spec },
});
const poolOf = (...texts: readonly string[]) => {
  const pool = parseAddressPool(texts);
  if ('error' in pool) throw new Error(pool.error);
  return pool;
};
const POOL = poolOf('192.0.2.240-192.0.2.242', 'fd00::10-fd00::12');
const allocate = (
  services: readonly Service[],
  { previous = new Map() as Allocations, unread = new Map() as Allocations, conflicts = new Map<string, string>(), pool = POOL } = {},
) => {
  const { ips, refusals } = allocateLoadBalancers({ services, previous, unread, pool, nodeAddresses: ['192.0.2.1'], conflicts });
  return { ips: Object.fromEntries(ips), refusals: refusals.map(({ reason, message }) => `${reason}: ${message}`) };
};
const had = (name: string, ...loadBalancerIPs: readonly string[]): Allocations =>
  new Map([[`default/${name}`, { clusterIPs: [], nodePorts: {}, loadBalancerIPs }]]);

describe('the pool', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0', 256n],
    ['192.0.2.9', '192.0.2.9', 1n],
    ['192.0.2.9 - 192.0.2.11', '192.0.2.9', 3n],
    ['fd00::/120', 'fd00::', 256n],
  ])('%s', (text, _, size) => {
    expect(poolOf(text)[0]?.size).toBe(size);
  });
  it.each([
    [['192.0.2.1/24'], 'want ADDRESS/LENGTH without bits beyond the length'],
    [['192.0.2.9-192.0.2.1'], 'want ADDRESS/LENGTH'],
    [['192.0.2.9-fd00::1'], 'want ADDRESS/LENGTH'],
    [['eth0'], '"eth0": want'],
    [['192.0.2.0/28', '192.0.2.15-192.0.2.20'], '192.0.2.15-192.0.2.20 and 192.0.2.0/28 have addresses in common'],
    [['127.0.0.2'], '127.0.0.2: addresses of 127.0.0.0/8 are not for others to reach'],
    [Array.from({ length: 65 }, (_, i) => `192.0.2.${i}`), 'want at most 64 entries, not 65'],
  ])('%j is refused', (texts, message) => {
    const pool = parseAddressPool(texts);
    expect('error' in pool && pool.error).toContain(message);
  });
});

describe('addresses of load balancers', () => {
  it('a name has the same address on every machine, and others do not move it', () => {
    const alone = allocate([balancer('web')]).ips['default/web']!;
    expect(alone).toHaveLength(1);
    const previous = had('web', ...alone);
    expect(allocate([balancer('a'), balancer('web'), balancer('b')], { previous }).ips['default/web']).toEqual(alone);
  });
  it('what is asked for comes before a place by name, by either name of the wish', () => {
    const [place = ''] = allocate([balancer('any')]).ips['default/any']!;
    const { ips } = allocate([balancer('any'), balancer('asks', {}, { 'metallb.io/loadBalancerIPs': place })]);
    expect(ips['default/asks']).toEqual([place]);
    expect(ips['default/any']).not.toEqual([place]);
    expect(allocate([balancer('asks', { loadBalancerIP: '192.0.2.241' })]).ips['default/asks']).toEqual(['192.0.2.241']);
  });
  it('what another has is refused to who asks for it, until that one is gone', () => {
    const asks = balancer('asks', {}, { 'metallb.io/loadBalancerIPs': '192.0.2.240' });
    const previous = had('had', '192.0.2.240');
    expect(allocate([asks, balancer('had')], { previous })).toEqual({
      ips: { 'default/had': ['192.0.2.240'], 'default/asks': [] },
      refusals: ['AllocationFailed: Failed to allocate IP for "default/asks": 192.0.2.240 is in use by default/had'],
    });
    expect(allocate([asks], { previous })).toEqual({ ips: { 'default/asks': ['192.0.2.240'] }, refusals: [] });
    // Nor is it kept by one that cannot have it any more.
    const six = balancer('had', { ipFamilies: ['IPv6'] });
    expect(allocate([asks, six], { previous }).ips['default/asks']).toEqual(['192.0.2.240']);
  });
  it('so is what a Service of another namespace has', () => {
    const other = (spec: ServiceSpec, annotations?: Record<string, string>): Service => {
      const { metadata, ...rest } = balancer('asks', spec, annotations);
      return { ...rest, metadata: { ...metadata, namespace: 'other' } };
    };
    const wishes = [other({ loadBalancerIP: '192.0.2.240' }), other({}, { 'metallb.io/loadBalancerIPs': '192.0.2.240' })];
    for (const asks of wishes)
      for (const services of [
        [asks, balancer('had')],
        [balancer('had'), asks],
      ])
        expect(allocate(services, { previous: had('had', '192.0.2.240') })).toEqual({
          ips: { 'default/had': ['192.0.2.240'], 'other/asks': [] },
          refusals: ['AllocationFailed: Failed to allocate IP for "other/asks": 192.0.2.240 is in use by default/had'],
        });
  });
  it('who was not read yet finds what it had, whoever was read before', () => {
    const [place = ''] = allocate([balancer('new')]).ips['default/new']!;
    const unread = had('later', place);
    expect(allocate([balancer('new')], { previous: unread, unread }).ips['default/new']).not.toEqual([place]);
    const early = balancer('asks', { loadBalancerIP: place });
    const refused = {
      ips: { 'default/asks': [] },
      refusals: [`AllocationFailed: Failed to allocate IP for "default/asks": ${place} is in use by default/later`],
    };
    expect(allocate([early], { previous: unread, unread })).toEqual(refused);
    // A record in which both have it was written by one that took it for the early one.
    expect(allocate([early], { previous: new Map([...unread, ...had('asks', place)]), unread })).toEqual(refused);
    // Nor where there is no other; once everything was read, what nobody claims is given.
    const pool = poolOf(place);
    expect(allocate([balancer('new')], { previous: unread, unread, pool }).ips['default/new']).toEqual([]);
    expect(allocate([balancer('new')], { previous: unread, pool }).ips['default/new']).toEqual([place]);
  });
  it('of two that ask for one address who had it keeps it', () => {
    const asks = (name: string) => balancer(name, { loadBalancerIP: '192.0.2.240' });
    const { ips, refusals } = allocate([asks('new'), asks('old')], { previous: had('old', '192.0.2.240') });
    expect(ips).toEqual({ 'default/old': ['192.0.2.240'], 'default/new': [] });
    expect(refusals).toEqual(['AllocationFailed: Failed to allocate IP for "default/new": 192.0.2.240 is in use by default/old']);
  });
  it('two families have one address of each', () => {
    const { ips } = allocate([balancer('web', { ipFamilies: ['IPv6', 'IPv4'] })]);
    expect(ips['default/web']).toEqual([expect.stringContaining('fd00::1'), expect.stringContaining('192.0.2.24')]);
  });
  it('a pool that is full leaves a Service without', () => {
    const { ips, refusals } = allocate(['a', 'b', 'c', 'd'].map((name) => balancer(name)));
    expect(new Set(Object.values(ips).flat()).size).toBe(3);
    expect(refusals).toEqual([expect.stringMatching(/^AllocationFailed: Failed to allocate IP for "default\/[a-d]": no available IPs$/)]);
  });
  it('an address that somebody answers is given to nobody', () => {
    const conflicts = new Map([['192.0.2.240', 'is answered by 02:00:00:00:00:01 at eth0']]);
    const { ips } = allocate([balancer('a'), balancer('b')], { conflicts, previous: had('a', '192.0.2.240') });
    expect(Object.values(ips).flat().sort()).toEqual(['192.0.2.241', '192.0.2.242']);
    expect(allocate([balancer('a', { loadBalancerIP: '192.0.2.240' })], { conflicts }).refusals).toEqual([
      'AddressInUse: Failed to allocate IP for "default/a": 192.0.2.240 is answered by 02:00:00:00:00:01 at eth0',
    ]);
  });
  it.each([
    ['10.0.0.1', '["10.0.0.1"] is not allowed in config: the pool is 192.0.2.240-192.0.2.242,fd00::10-fd00::12'],
    ['fd00::10', 'fd00::10: the Service has IPv4, one address of each'],
    ['somewhere', '"somewhere" is not an IP address'],
    ['192.0.2.240,192.0.2.241', '192.0.2.241: the Service has IPv4, one address of each'],
  ])('%s is refused', (text, message) => {
    expect(allocate([balancer('a', {}, { 'metallb.io/loadBalancerIPs': text })])).toEqual({
      ips: { 'default/a': [] },
      refusals: [`AllocationFailed: Failed to allocate IP for "default/a": ${message}`],
    });
  });
  it('a load balancer may ask for the address of the node, and those of a class are left alone', () => {
    const own = balancer('own', { loadBalancerIP: '192.0.2.1' });
    const other = balancer('other', { loadBalancerClass: 'example.com/lb' });
    expect(allocate([own, other]).ips).toEqual({});
    expect(withStatus(own, undefined, ['192.0.2.1', '192.0.2.2']).status).toEqual({
      loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] },
    });
    expect(withStatus(other, undefined, ['192.0.2.1']).status).toEqual({ loadBalancer: {} });
  });
  it('those that another proxy serves have none of the pool, and no status', () => {
    const { metadata, spec } = balancer('theirs', { loadBalancerIP: '192.0.2.240' });
    const theirs = { metadata: { ...metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'cilium' } }, spec };
    expect(allocate([theirs, balancer('ours', { loadBalancerIP: '192.0.2.240' })])).toEqual({
      ips: { 'default/ours': ['192.0.2.240'] },
      refusals: [],
    });
    expect(withStatus(theirs, undefined, ['192.0.2.1']).status).toEqual({ loadBalancer: {} });
  });
  it('no more than 256 are given, and a block of any size is gone through in a moment', () => {
    const pool = poolOf('10.0.0.0/8');
    const { ips, refusals } = allocate(
      Array.from({ length: 300 }, (_, i) => balancer(`s${i}`)),
      { pool },
    );
    expect(new Set(Object.values(ips).flat()).size).toBe(256);
    expect(refusals).toHaveLength(44);
    expect(refusals[0]).toContain('a node gives at most 256');
    // Whatever a record says.
    const names = Array.from({ length: 300 }, (_, i) => `s${i}`);
    const previous = new Map(names.flatMap((name, i) => [...had(name, `10.1.${i >> 8}.${i & 255}`)]));
    const kept = allocate(
      names.map((name) => balancer(name)),
      { pool, previous },
    );
    expect(new Set(Object.values(kept.ips).flat()).size).toBe(256);
  });
});
