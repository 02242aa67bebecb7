import type { EndpointSlice, Service, ServiceSpec } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import type { ServiceRecords } from './dns-records.js';
import { deriveServiceRecords } from './join-records.js';

const service = (name: string, spec: ServiceSpec): Service => ({ metadata: { name, namespace: 'shop' }, spec });
const slice = (name: string, part: Pick<EndpointSlice, 'endpoints' | 'ports'>): EndpointSlice => ({
  metadata: { name: `${name}-x`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ...part,
});
const derive = (services: readonly Service[], slices: readonly EndpointSlice[] = []): ServiceRecords =>
  deriveServiceRecords({ clusterDomain: 'cluster.local', services, slices });
const WEB = 'web.shop.svc.cluster.local';

it('a Service with addresses has them, its ports and their reverse', () => {
  const records = derive([
    service('web', {
      clusterIPs: ['10.96.0.7', 'fd00::7'],
      ports: [
        { name: 'HTTP', port: 80, protocol: 'TCP' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
  ]);
  expect(records.get(WEB)).toEqual([
    { type: 'A', address: '10.96.0.7' },
    { type: 'AAAA', address: 'fd00::7' },
    { type: 'SRV', priority: 0, weight: 50, port: 80, target: WEB },
    { type: 'SRV', priority: 0, weight: 50, port: 53, target: WEB },
  ]);
  expect(records.get(`_http._tcp.${WEB}`)).toEqual([
    { type: 'SRV', priority: 0, weight: 100, port: 80, target: WEB },
    { type: 'A', address: '10.96.0.7' },
    { type: 'AAAA', address: 'fd00::7' },
  ]);
  expect(records.get('7.0.96.10.in-addr.arpa')).toEqual([{ type: 'PTR', name: WEB }]);
  expect(records.get(`7.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`)).toEqual([{ type: 'PTR', name: WEB }]);
  expect(records.get('shop.svc.cluster.local')).toEqual([]);
});

it('a headless Service has the addresses of what is ready, by name and by port', () => {
  const records = derive(
    [service('web', { clusterIPs: ['None'], ports: [{ name: 'http', port: 80 }] })],
    [
      slice('web', {
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [
          { addresses: ['10.0.0.1'], hostname: 'Web-0', conditions: { ready: true } },
          { addresses: ['10.0.0.2'] },
          { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true } },
        ],
      }),
    ],
  );
  expect(records.get(WEB)?.filter(({ type }) => type === 'A')).toEqual([
    { type: 'A', address: '10.0.0.1' },
    { type: 'A', address: '10.0.0.2' },
  ]);
  expect(records.get(`_http._tcp.${WEB}`)).toContainEqual({ type: 'SRV', priority: 0, weight: 50, port: 8080, target: `web-0.${WEB}` });
  expect(records.get(`web-0.${WEB}`)).toEqual([{ type: 'A', address: '10.0.0.1' }]);
  expect(records.get(`10-0-0-2.${WEB}`)).toEqual([{ type: 'A', address: '10.0.0.2' }]);
  expect(records.get('1.0.0.10.in-addr.arpa')).toEqual([{ type: 'PTR', name: `web-0.${WEB}` }]);
  expect(records.has('3.0.0.10.in-addr.arpa')).toBe(false);
});

it('a headless Service with nothing ready does not exist', () => {
  const records = derive(
    [service('web', { clusterIPs: ['None'] })],
    [slice('web', { ports: [], endpoints: [{ addresses: ['10.0.0.3'], conditions: { ready: false } }] })],
  );
  expect([...records.keys()]).toEqual(['shop.svc.cluster.local']);
});

it('an address of a Service belongs to it alone; others to every Service that they are behind', () => {
  const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.96.0.7'] }];
  const records = derive(
    [service('a', { clusterIPs: ['10.96.0.7'] }), service('b', { clusterIPs: ['None'] })],
    [slice('a', { ports: [], endpoints }), slice('b', { ports: [], endpoints })],
  );
  expect(records.get('7.0.96.10.in-addr.arpa')).toEqual([{ type: 'PTR', name: 'a.shop.svc.cluster.local' }]);
  expect(records.get('1.0.0.10.in-addr.arpa')).toHaveLength(2);
});

it('an external name leads there, and an address as a name nowhere', () => {
  const records = derive([
    service('db', { type: 'ExternalName', externalName: 'DB.example.com.' }),
    service('ip', { type: 'ExternalName', externalName: '192.0.2.1' }),
  ]);
  expect(records.get('db.shop.svc.cluster.local')).toEqual([{ type: 'CNAME', target: 'db.example.com' }]);
  expect(records.has('ip.shop.svc.cluster.local')).toBe(false);
});

it('without a cluster domain names end in svc', () => {
  const records = deriveServiceRecords({ clusterDomain: '', services: [service('web', { clusterIPs: ['10.96.0.7'] })], slices: [] });
  expect(records.get('web.shop.svc')).toContainEqual({ type: 'A', address: '10.96.0.7' });
});
