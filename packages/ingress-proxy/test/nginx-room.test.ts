import type { Ingress } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import { serverBlocks } from '../src/core/nginx/nginx-servers.js';
import { createNginxVariables } from '../src/core/nginx/nginx-text.js';
import { portsOf } from '../src/core/open-ports.js';
import type { RouteTable } from '../src/index.js';
import { computeWorld, gateway, httpRoute } from './gateway-objects.js';
import { computeOf } from './started-proxy.js';

const ports = { httpPort: 80, httpsPort: 443 };
const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = (name: string, hosts: readonly string[], paths: readonly string[]): Ingress => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    rules: hosts.map((host) => ({ host, http: { paths: paths.map((path) => ({ path, pathType: 'Prefix' as const, backend })) } })),
  },
});
const many = <T>(count: number, make: (i: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));
const hosts = many(60, (i) => `h${i}.example`);
const paths = (count: number) => many(count, (i) => `/p${i}`);

/** Throws where there are too many. */
const placesOf = (table: RouteTable): number =>
  portsOf(table, ports)
    .flatMap((port) => serverBlocks(port, { table, variables: createNginxVariables(), certified: () => [], frame: () => [] }))
    .filter((line) => line.startsWith('    location "/') || line.startsWith('    location = "/')).length;

it('an Ingress with more paths than nginx has places is left out and hears so; all others are served', () => {
  const computed = (proxy: 'haproxy' | 'nginx') =>
    computeOf({
      proxy,
      servers: { web: [8_000] },
      ingresses: [
        ingress('hosts', hosts, ['/a']),
        ingress(
          'small',
          [''],
          many(10, (i) => `/s${i}`),
        ),
        ingress('large', [''], paths(500)),
      ],
    });
  const { table, problems } = computed('nginx');
  expect(problems).toEqual([
    {
      ingress: 'shop/large',
      reason: 'IngressTooLarge',
      message: expect.stringMatching(/^its hosts and paths come to 61000 places of one port, .* more than 50000, .*; it is left out$/),
    },
  ]);
  expect(new Set(table.routes.map((route) => route.ingress))).toEqual(new Set(['shop/hosts', 'shop/small']));
  // Each host, and all others, have the two of each path of the small one, two of their own and one for the rest.
  expect(placesOf(table)).toBe(60 * 2 + 61 * (20 + 1));
  expect(computed('haproxy').problems).toEqual([]);
});

it('paths for any host are no places of hosts that have one for everything', () => {
  const { table, problems } = computeOf({
    proxy: 'nginx',
    servers: { web: [8_000] },
    ingresses: [ingress('hosts', hosts, ['/']), ingress('large', [''], paths(500))],
  });
  expect(problems).toEqual([]);
  expect(placesOf(table)).toBe(60 + 1 + 1_000);
});

it('an HTTPRoute with more paths than nginx has places is left out, and says so', () => {
  const matches = (rule: number) => many(8, (i) => ({ path: { type: 'PathPrefix', value: `/r${rule}/p${i}` } }));
  const rules = many(16, (i) => ({ matches: matches(i), backendRefs: [{ name: 'web', port: 80 }] }));
  const { table, gateways } = computeWorld({
    proxy: 'nginx',
    gateways: [gateway([{ name: 'http', port: 80, protocol: 'HTTP' }])],
    servers: { web: [8_000] },
    routes: [
      ...many(16, (i) =>
        httpRoute({ hostnames: many(15, (n) => `h${i}-${n}.example`), rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] }, `host-${i}`),
      ),
      httpRoute({ rules }, 'large'),
    ],
  });
  const accepted = gateways.routes.map(
    ({ key, parents }) => [key, parents[0]?.conditions.find(({ type }) => type === 'Accepted')] as const,
  );
  expect(accepted.filter(([, condition]) => condition?.status === 'False')).toEqual([
    [
      'shop/large',
      expect.objectContaining({ reason: 'TooManyRules', message: expect.stringContaining('too much for nginx; it is left out') }),
    ],
  ]);
  expect(gateways.gateways[0]?.listeners[0]?.attachedRoutes).toBe(16);
  expect(placesOf(table)).toBeLessThan(1_000);
});
