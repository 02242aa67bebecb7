import { describe, expect, it } from 'vitest';
import { convertResult, formatResult, parseResult } from './cni-result.js';
import { CNI_VERSIONS } from './cni-version.js';
import type { JsonObject } from './json.js';

const dns = { nameservers: ['10.1.0.1'], domain: 'plant', search: ['cell7.plant'], options: ['ndots:2'] };

/** One attachment, told in each shape. The last loses nothing; each earlier one what its shape can't hold. */
const byFamily = (cniVersion: string): JsonObject => ({
  cniVersion,
  ip4: { ip: '10.1.0.5/16', gateway: '10.1.0.1', routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }] },
  ip6: { ip: 'fd00::5/64', gateway: 'fd00::1', routes: [{ dst: '::/0' }] },
  dns,
});
const routes = [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }, { dst: '::/0' }];
const withIpVersion = (cniVersion: string): JsonObject => ({
  cniVersion,
  interfaces: [
    { name: 'veth1', mac: '00:11:22:33:44:55' },
    { name: 'net1', mac: '66:11:22:33:44:55', sandbox: '/run/netns/a' },
  ],
  ips: [
    { version: '4', interface: 1, address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { version: '6', interface: 1, address: 'fd00::5/64', gateway: 'fd00::1' },
    { version: '4', interface: 1, address: '10.1.0.6/16' },
  ],
  routes: [...routes, { dst: '10.2.0.0/16', mtu: 1400, advmss: 1360, priority: 10, table: 7, scope: 253 }],
  dns,
});
const plain = (cniVersion: string): JsonObject => ({
  ...withIpVersion(cniVersion),
  ips: [
    { interface: 1, address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { interface: 1, address: 'fd00::5/64', gateway: 'fd00::1' },
    { interface: 1, address: '10.1.0.6/16' },
  ],
});
const full: JsonObject = {
  ...plain('1.1.0'),
  interfaces: [
    { name: 'veth1', mac: '00:11:22:33:44:55', mtu: 1450 },
    { name: 'net1', mac: '66:11:22:33:44:55', mtu: 1450, sandbox: '/run/netns/a', socketPath: '/run/s', pciID: '0000:00:01.0' },
  ],
};

const told: Readonly<Record<string, JsonObject>> = {
  '0.1.0': { ...byFamily('0.1.0') },
  '0.2.0': byFamily('0.2.0'),
  '0.3.0': withIpVersion('0.3.0'),
  '0.3.1': withIpVersion('0.3.1'),
  '0.4.0': withIpVersion('0.4.0'),
  '1.0.0': { ...full, cniVersion: '1.0.0' },
  '1.1.0': full,
};

describe('convertResult', () => {
  it.each(CNI_VERSIONS)('from 1.1.0 down to %s', (to) => {
    const expected =
      to < '0.3.0' ? { ...told[to], ip4: { ...(told[to]?.['ip4'] as JsonObject), routes: [routes[0], { dst: '10.2.0.0/16' }] } } : told[to];
    expect(convertResult(full, { from: '1.1.0', to })).toEqual(expected);
  });

  it.each(CNI_VERSIONS)('from %s up to 1.1.0', (from) => {
    const expected: Record<string, JsonObject> = {
      byFamily: {
        cniVersion: '1.1.0',
        interfaces: [],
        ips: [
          { address: '10.1.0.5/16', gateway: '10.1.0.1' },
          { address: 'fd00::5/64', gateway: 'fd00::1' },
        ],
        routes,
        dns,
      },
      withIpVersion: plain('1.1.0'),
      plain: full,
    };
    const shape = from < '0.3.0' ? 'byFamily' : from < '1.0.0' ? 'withIpVersion' : 'plain';
    expect(convertResult(told[from] as JsonObject, { from, to: '1.1.0' })).toEqual(expected[shape]);
  });

  it.each(CNI_VERSIONS.flatMap((from) => CNI_VERSIONS.map((to) => [from, to] as const)))(
    'from %s to %s and back keeps what both can tell',
    (from, to) => {
      const there = convertResult(told[from] as JsonObject, { from, to });
      const back = convertResult(there, { from: to, to: from });
      expect(convertResult(back, { from, to })).toEqual(there);
    },
  );

  it("takes a result without a version for the configuration's", () => {
    expect(convertResult({ ips: [{ version: '4', address: '10.0.0.2/24' }] }, { from: '0.4.0', to: '1.0.0' })).toEqual({
      cniVersion: '1.0.0',
      interfaces: [],
      ips: [{ address: '10.0.0.2/24' }],
      routes: [],
    });
  });

  it('keeps an interface index, table and scope of zero', () => {
    const result = parseResult(
      { ips: [{ address: '10.0.0.2/24', interface: 0 }], routes: [{ dst: '10.3.0.0/16', table: 0, scope: 0, mtu: 0 }] },
      { defaultVersion: '1.1.0' },
    );
    expect(result.ips).toEqual([{ address: '10.0.0.2/24', interface: 0 }]);
    expect(result.routes).toEqual([{ dst: '10.3.0.0/16', table: 0, scope: 0 }]);
  });

  it('can not tell a result without addresses below 0.3.0', () => {
    expect(() => convertResult({ interfaces: [] }, { from: '1.0.0', to: '0.2.0' })).toThrow(
      expect.objectContaining({ code: 'CNI_RESULT_NOT_CONVERTIBLE' }),
    );
  });

  it('does not know versions of the future', () => {
    const empty = { cniVersion: '1.1.0', interfaces: [], ips: [], routes: [], dns: {} };
    expect(() => formatResult(empty, '1.2.0')).toThrow(expect.objectContaining({ code: 'CNI_VERSION_UNSUPPORTED' }));
    expect(() => parseResult({ cniVersion: '1.2.0' }, { defaultVersion: '1.0.0' })).toThrow(
      expect.objectContaining({ code: 'CNI_VERSION_UNSUPPORTED' }),
    );
  });

  it.each<[JsonObject, string]>([
    [{ ips: {} }, 'ips must be a list'],
    [{ ips: ['x'] }, 'ips[0] must be an object'],
    [{ ips: [{ address: 'x' }] }, 'ips[0].address "x"'],
    [{ ips: [{ address: '10.0.0.1/8', interface: -1 }] }, 'ips[0].interface'],
    [{ interfaces: [{ name: 1 }] }, 'interfaces[0].name must be a string'],
    [{ routes: [{ dst: '10.0.0.0/8', mtu: 'x' }] }, 'routes[0].mtu'],
    [{ dns: [] }, 'dns must be an object'],
    [{ dns: { search: [1] } }, 'dns.search[0] must be a string'],
  ])('names what is wrong in %j', (json, message) => {
    expect(() => parseResult(json, { defaultVersion: '1.0.0' })).toThrow(message);
  });
});
