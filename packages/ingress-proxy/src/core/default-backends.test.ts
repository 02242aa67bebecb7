import type { Ingress, IngressSpec } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { computeRouteTable } from './compute-route-table.js';
import { haproxyFiles } from './haproxy-files.js';
import { matchRoute } from './match-route.js';
import { nginxConfiguration } from './nginx/nginx-files.js';
import type { ProxyName, RouteTable } from './route-table.js';

const ingress = (spec: IngressSpec, annotations: Record<string, string> = {}, name = 'web'): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec,
});
const to = (name: string) => ({ service: { name, port: { number: 80 } } });
const rule = (host?: string) => ({
  ...(host !== undefined && { host }),
  http: { paths: [{ path: '/admin', pathType: 'Prefix' as const, backend: to('web') }] },
});

const compute = (ingresses: readonly Ingress[], proxy: ProxyName = 'haproxy', appProtocol?: string) =>
  computeRouteTable({
    ...{ ingresses, classes: [], slices: [], secrets: [], checkCertificate: () => undefined, proxy },
    services: ['web', 'sso', 'other'].map((name) => ({
      metadata: { name, namespace: 'shop' },
      spec: { ports: [{ port: 80, ...(name === 'sso' && appProtocol !== undefined && { appProtocol }) }] },
    })),
  });

/** Where requests of an Ingress may go: to a rule, and to a default of whatever kind. */
const PLACES: readonly (readonly [string, IngressSpec, host: string, path: string])[] = [
  ['a path of a rule', { rules: [rule('a.example')] }, 'a.example', '/admin/x'],
  ['a path of a rule for any host', { rules: [rule()] }, 'z.example', '/admin'],
  ['the default of a host', { defaultBackend: to('web'), rules: [rule('a.example')] }, 'a.example', '/rest'],
  ['the default of a wildcard', { defaultBackend: to('web'), rules: [rule('*.a.example')] }, 'b.a.example', '/rest'],
  ['the default of a host without paths', { defaultBackend: to('web'), rules: [{ host: 'a.example' }] }, 'a.example', '/'],
  ['the default of rules for any host', { defaultBackend: to('web'), rules: [rule()] }, 'z.example', '/rest'],
  ['a default without rules', { defaultBackend: to('web') }, 'z.example', '/'],
];

const ANNOTATIONS: readonly (readonly [Record<string, string>, object])[] = [
  [{ 'auth-url': 'http://sso.shop.svc.cluster.local/auth' }, { auth: { backend: 'shop_sso_80', responseHeaders: [] } }],
  [{ 'auth-url': 'nonsense' }, { auth: { url: 'http://127.0.0.1:1/' } }],
  [
    { 'auth-url': 'http://other.test/auth', 'auth-signin': 'https://sso.test/start', 'auth-response-headers': 'X-User' },
    { auth: { url: 'http://other.test/auth', signin: 'https://sso.test/start', responseHeaders: ['X-User'] } },
  ],
  [{ 'auth-url': 'http://other.test/auth', 'auth-headers-succeed': 'X-User' }, { auth: { responseHeaders: ['X-User'] } }],
  [{ 'ssl-redirect': 'true' }, { httpsOnly: true }],
  [{ 'force-ssl-redirect': 'true' }, { httpsOnly: true }],
  [{ 'backend-protocol': 'GRPC' }, { backend: 'shop_web_80_h2c' }],
  [{ 'backend-protocol': 'HTTPS' }, { backend: 'shop_web_80_https' }],
];

const prefixed = (annotations: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]));

const haproxyOf = (table: RouteTable) =>
  haproxyFiles(table, new Map(), {
    ...{ directory: '/run/x', runtimeSocket: '/run/x/r', authAddress: 'abns@x', generation: 1, addresses: ['0.0.0.0'] },
    ...{ httpPort: 80, httpsPort: 443, certificates: [] },
  });
const nginxOf = (table: RouteTable): string =>
  nginxConfiguration(table, {
    ...{ directory: '/run/x', statusSocket: '/run/x/s', generation: 1, generationDirectory: '/run/x/generation-1' },
    ...{ addresses: ['0.0.0.0'], httpPort: 80, httpsPort: 443, resolvers: [], certificates: [] },
  });

describe.each(PLACES)('%s', (_, spec, host, path) => {
  it.each(ANNOTATIONS)('has %j', (annotations, expected) => {
    const { table } = compute([ingress(spec, prefixed(annotations))]);
    expect(matchRoute(table, host, path)).toMatchObject({ type: 'backend', route: { ingress: 'shop/web', ...expected } });
  });

  it('is guarded and sent to HTTPS in what both proxies are given', () => {
    const signin = { 'auth-signin': 'https://sso.test/start' };
    const guarded = compute([ingress(spec, prefixed({ 'auth-url': 'http://sso.shop.svc/auth', ...signin }))]).table;
    const files = haproxyOf(guarded);
    const lines = ['exact.map', 'prefix.map', 'fallback.map'].flatMap((name) => (files.get(name) ?? '').split('\n').slice(0, -1));
    expect(lines.filter((line) => !line.endsWith(' shop_web_80|a1|'))).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
    expect(files.get('auth-signin.map')).toBe('a1 https://sso.test/start\n');
    // Every place that leads to a server asks first: here there is none yet, which is said behind the question.
    const [, ...places] = nginxOf(guarded).split(/^ {4}location /m);
    const open = places.filter((each) => /return 503;|proxy_pass "/.test(each) && !each.includes('internal;'));
    expect(open.length).toBeGreaterThan(0);
    for (const each of open) expect(each).toContain('auth_request "/ ');
    const moved = compute([ingress(spec, prefixed({ 'ssl-redirect': 'true' }))]).table;
    const inHaproxy = haproxyOf(moved);
    const moving = ['prefix.map', 'fallback.map'].flatMap((name) => (inHaproxy.get(name) ?? '').split('\n').slice(0, -1));
    expect(moving.filter((line) => !line.endsWith('||https'))).toEqual([]);
    expect(nginxOf(moved)).not.toMatch(/return 503;|proxy_pass "/);
  });

  it('hears where nginx can not ask the server for leave', () => {
    const annotations = prefixed({ 'auth-url': 'http://sso.shop.svc/auth' });
    const messages = compute([ingress(spec, annotations)], 'nginx', 'kubernetes.io/h2c').problems.map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining("which nginx can't ask; every request is refused"));
  });
});

it('a default that another Ingress has already is told', () => {
  const spec = { defaultBackend: to('web'), rules: [rule('a.example')] };
  const { table, problems } = compute([
    ingress(spec, {}, 'first'),
    ingress({ defaultBackend: to('other'), rules: [{ host: 'a.example' }] }),
  ]);
  expect(matchRoute(table, 'a.example', '/')).toMatchObject({ backend: 'shop_web_80', route: { ingress: 'shop/first' }, isDefault: true });
  expect(problems).toEqual([
    { ingress: 'shop/web', reason: 'IngressConflict', message: 'the default of a.example is of Ingress shop/first already' },
  ]);
});
