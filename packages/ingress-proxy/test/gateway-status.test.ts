import { describe, expect, it } from 'vitest';
import { matchListener, type RouteTableResult } from '../src/index.js';
import { computeWorld, type GatewayWorld, gateway, grant, httpRoute } from './gateway-objects.js';

const http = (more: object = {}) => ({ name: 'http', port: 8000, protocol: 'HTTP', ...more });
const to = (name: string, more: object = {}) => ({ name, port: 80, ...more });
const servers = { web: [1], api: [2], 'other/far': [3] };

/** `Type=Status Reason` of the one parent of the one route. */
const ofRoute = ({ gateways: { routes } }: RouteTableResult): readonly string[] =>
  (routes[0]?.parents[0]?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const ofListener = ({ gateways: { gateways } }: RouteTableResult, of = 0, index = 0): readonly string[] =>
  (gateways[of]?.listeners[index]?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const world = (more: Partial<GatewayWorld>): RouteTableResult => computeWorld({ gateways: [gateway([http()])], servers, ...more });

describe('a route hears', () => {
  const FINE = ['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs'];
  const rule = { rules: [{ backendRefs: [to('web')] }] };
  it.each<[string, Partial<GatewayWorld>, readonly string[]]>([
    ['that all is well', { routes: [httpRoute(rule)] }, FINE],
    [
      'that no listener has its name',
      { routes: [httpRoute({ ...rule, parentRefs: [{ name: 'edge', sectionName: 'https' }] })] },
      ['Accepted=False NoMatchingParent', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that no listener has its port',
      { routes: [httpRoute({ ...rule, parentRefs: [{ name: 'edge', port: 1 }] })] },
      ['Accepted=False NoMatchingParent', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that its namespace may not come',
      { routes: [httpRoute({ parentRefs: [{ name: 'edge', namespace: 'shop' }], rules: [{}] }, 'web', { namespace: 'other' })] },
      ['Accepted=False NotAllowedByListeners', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that its namespace may come by its labels',
      {
        gateways: [gateway([http({ allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { edge: 'yes' } } } } })])],
        namespaces: [{ metadata: { name: 'other', labels: { edge: 'yes' } } }],
        routes: [httpRoute({ parentRefs: [{ name: 'edge', namespace: 'shop' }], rules: [{}] }, 'web', { namespace: 'other' })],
      },
      FINE,
    ],
    [
      'that its namespace may not come, whatever name its labels give it',
      {
        gateways: [
          gateway([
            http({
              allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': 'trusted' } } } },
            }),
          ]),
        ],
        namespaces: [{ metadata: { name: 'other', labels: { 'kubernetes.io/metadata.name': 'trusted' } } }],
        routes: [httpRoute({ parentRefs: [{ name: 'edge', namespace: 'shop' }], rules: [{}] }, 'web', { namespace: 'other' })],
      },
      ['Accepted=False NotAllowedByListeners', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that no listener has its host',
      { gateways: [gateway([http({ hostname: '*.shop.example' })])], routes: [httpRoute({ ...rule, hostnames: ['shop.example'] })] },
      ['Accepted=False NoMatchingListenerHostname', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that a Service is not there',
      { routes: [httpRoute({ rules: [{ backendRefs: [to('nobody')] }] })] },
      ['Accepted=True Accepted', 'ResolvedRefs=False BackendNotFound'],
    ],
    [
      'that a backend is of another kind',
      { routes: [httpRoute({ rules: [{ backendRefs: [{ group: 'x.y', kind: 'Bucket', name: 'b' }] }] })] },
      ['Accepted=True Accepted', 'ResolvedRefs=False InvalidKind'],
    ],
    [
      'that it may not refer to another namespace',
      { routes: [httpRoute({ rules: [{ backendRefs: [to('far', { namespace: 'other' })] }] })] },
      ['Accepted=True Accepted', 'ResolvedRefs=False RefNotPermitted'],
    ],
    [
      'that a ReferenceGrant lets it',
      {
        routes: [httpRoute({ rules: [{ backendRefs: [to('far', { namespace: 'other' })] }] })],
        grants: [
          grant([{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }], [{ group: '', kind: 'Service' }], 'other'),
        ],
      },
      FINE,
    ],
    [
      'that none of its rules is supported',
      { routes: [httpRoute({ rules: [{ matches: [{ path: { type: 'RegularExpression', value: '/a.*' } }], backendRefs: [to('web')] }] })] },
      ['Accepted=False UnsupportedValue', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'that a mirror is not there',
      {
        routes: [
          httpRoute({
            rules: [{ filters: [{ type: 'RequestMirror', requestMirror: { backendRef: to('nobody') } }], backendRefs: [to('web')] }],
          }),
        ],
      },
      ['Accepted=True Accepted', 'ResolvedRefs=False BackendNotFound'],
    ],
    ...[
      {},
      { backendRef: 7 },
      { backendRef: to('api'), percent: 101 },
      { backendRef: to('api'), fraction: { numerator: 1, denominator: 0 } },
    ].map((requestMirror): [string, Partial<GatewayWorld>, readonly string[]] => [
      `that a mirror makes no sense: ${JSON.stringify(requestMirror)}`,
      { routes: [httpRoute({ rules: [{ filters: [{ type: 'RequestMirror', requestMirror }], backendRefs: [to('web')] }] })] },
      ['Accepted=False UnsupportedValue', 'ResolvedRefs=True ResolvedRefs'],
    ]),
    [
      'which filter of a backendRef is not supported',
      {
        routes: [
          httpRoute({
            rules: [{ backendRefs: [to('web', { filters: [{ type: 'URLRewrite', urlRewrite: { hostname: 'a.example' } }] })] }],
          }),
        ],
      },
      ['Accepted=False UnsupportedValue', 'ResolvedRefs=True ResolvedRefs'],
    ],
    [
      'which of its rules is not supported',
      {
        routes: [
          httpRoute({
            rules: [{ backendRefs: [to('web')] }, { filters: [{ type: 'CORS', cors: {} }], backendRefs: [to('web')] }],
          }),
        ],
      },
      [...FINE, 'PartiallyInvalid=True UnsupportedValue'],
    ],
  ])('%s', (_, more, conditions) => expect(ofRoute(world(more))).toEqual(conditions));

  it('nothing where its Gateway is another controller’s', () =>
    expect(world({ routes: [httpRoute({ parentRefs: [{ name: 'theirs' }], rules: [{}] })] }).gateways.routes).toEqual([]));
});

describe('a listener hears', () => {
  const FINE = ['Accepted=True Accepted', 'Conflicted=False NoConflicts', 'ResolvedRefs=True ResolvedRefs'];
  const https = { name: 'https', port: 8443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'cert' }] } };
  it.each<[string, readonly object[], readonly string[]]>([
    ['that all is well', [http()], FINE],
    [
      'of a protocol',
      [{ name: 'dns', port: 53, protocol: 'UDP' }],
      ['Accepted=False UnsupportedProtocol', 'Conflicted=False NoConflicts', 'ResolvedRefs=True ResolvedRefs'],
    ],
    ['of a Secret', [https], ['Accepted=True Accepted', 'Conflicted=False NoConflicts', 'ResolvedRefs=False InvalidCertificateRef']],
    [
      'that a Secret of another namespace is not for it',
      [{ ...https, tls: { certificateRefs: [{ name: 'cert', namespace: 'other' }] } }],
      ['Accepted=True Accepted', 'Conflicted=False NoConflicts', 'ResolvedRefs=False RefNotPermitted'],
    ],
    [
      'of kinds of routes',
      [http({ allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } })],
      ['Accepted=True Accepted', 'Conflicted=False NoConflicts', 'ResolvedRefs=False InvalidRouteKinds'],
    ],
    [
      'that Ingresses have HTTPS at its port',
      [{ ...http(), port: 443 }],
      ['Accepted=False PortUnavailable', 'Conflicted=False NoConflicts', 'ResolvedRefs=True ResolvedRefs'],
    ],
  ])('%s', (_, listeners, conditions) => expect(ofListener(computeWorld({ gateways: [gateway(listeners)] }))).toEqual(conditions));

  it('that another Gateway has its port and host already, or speaks another protocol there', () => {
    const gateways = [gateway([http()]), gateway([http()], 'second'), gateway([{ ...https, port: 8000 }], 'third')];
    const result = computeWorld({ gateways });
    expect(ofListener(result)).toEqual(FINE);
    expect(ofListener(result, 1)).toContain('Conflicted=True HostnameConflict');
    expect(ofListener(result, 2)).toContain('Conflicted=True ProtocolConflict');
    expect(result.table.listeners.map((each) => each.gateway)).toEqual(['shop/edge']);
  });

  it('that another of its own Gateway speaks something else at its port: neither has it, and others are served', () => {
    const listeners = [{ ...http(), port: 8000 }, { ...https, port: 8000 }, http({ name: 'fine', port: 8001 })];
    const result = computeWorld({ gateways: [gateway(listeners), gateway([{ ...http(), port: 8000 }], 'second')] });
    for (const at of [0, 1]) {
      expect(ofListener(result, 0, at)).toEqual(
        expect.arrayContaining(['Accepted=False ProtocolConflict', 'Conflicted=True ProtocolConflict']),
      );
    }
    expect(ofListener(result, 0, 2)).toEqual(FINE);
    expect(result.gateways.gateways[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'True', reason: 'ListenersNotValid' });
    // What nobody has holds nothing against the next.
    expect(ofListener(result, 1)).toEqual(FINE);
    expect(result.table.listeners.map(({ gateway: of, port }) => `${of} ${port}`).sort()).toEqual(['shop/edge 8001', 'shop/second 8000']);
  });

  it.each<[string, ReturnType<typeof gateway>]>([
    ['addresses that are not supported', gateway([http()], 'first', { addresses: [{ value: '192.0.2.1' }] })],
    ['no certificate', gateway([{ ...https, port: 8000 }], 'first')],
  ])('nothing of one before it that cannot serve as it has %s', (_, first) => {
    const result = computeWorld({ gateways: [first, gateway([http()])] });
    expect(result.gateways.gateways[0]?.listeners[0]?.fault).toBeDefined();
    expect(ofListener(result, 1)).toEqual(FINE);
  });

  it('that a node has enough of them', () => {
    const gateways = Array.from({ length: 5 }, (_, i) =>
      gateway(
        Array.from({ length: 64 }, (_each, j) => http({ name: `l${j}`, port: 1_000 + 64 * i + j })),
        `g${i}`,
      ),
    );
    const result = computeWorld({ gateways });
    expect(result.table.listeners).toHaveLength(256);
    expect(ofListener(result, 3, 63)).toEqual(FINE);
    expect(ofListener(result, 4)).toContain('Accepted=False TooManyListeners');
    expect(result.gateways.gateways[4]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False', reason: 'ListenersNotValid' });
  });

  it('how many routes it has', () =>
    expect(
      world({
        routes: [httpRoute({ rules: [{}] }), httpRoute({ rules: [{}] }, 'two'), httpRoute({ rules: [{}], parentRefs: [] }, 'three')],
      }).gateways.gateways[0]?.listeners[0],
    ).toMatchObject({ attachedRoutes: 2, supportedKinds: [{ kind: 'HTTPRoute' }] }));
});

describe('routes with more rules than there is room for', () => {
  const matches = Array.from({ length: 128 }, (_, i) => ({ path: { value: `/${i}` }, headers: [{ name: 'x', value: String(i) }] }));
  const large = (name: string, hosts: number) =>
    httpRoute(
      {
        hostnames: Array.from({ length: hosts }, (_, i) => `${i}.${name}.example`),
        rules: [matches.slice(0, 64), matches.slice(64)].map((some) => ({ matches: some, backendRefs: [to(name)] })),
      },
      name,
    );
  const names = Array.from({ length: 40 }, (_, i) => `large-${i}`);
  const small = httpRoute({ hostnames: ['small.example'], rules: [{ backendRefs: [to('web')] }] }, 'z-small');

  it('are left out as a whole, and hear so; small ones keep theirs', () => {
    const result = computeWorld({
      gateways: [gateway([http(), http({ name: 'second', port: 8001 })])],
      servers: { ...servers, ...Object.fromEntries(names.map((name) => [name, [1]])) },
      routes: [...names.map((name) => large(name, 8)), small],
    });
    const { table, gateways } = result;
    const reasonOf = (key: string) => gateways.routes.find((each) => each.key === key)?.parents[0]?.conditions[0];
    expect(reasonOf('shop/z-small')).toMatchObject({ status: 'True', reason: 'Accepted' });
    expect(reasonOf('shop/large-0')).toMatchObject({ status: 'True', reason: 'Accepted' });
    expect(reasonOf('shop/large-9')).toMatchObject({
      status: 'False',
      reason: 'TooManyRules',
      message: expect.stringContaining('more than 10000 lines'),
    });
    const accepted = gateways.routes.filter(({ parents }) => parents[0]?.conditions[0]?.status === 'True');
    // 6,180 lines each: 8 hosts by 128 matches of three lines, and the two actions, at two listeners.
    expect(accepted.map(({ key }) => key)).toEqual(['shop/large-0', 'shop/z-small']);
    expect(gateways.gateways[0]?.listeners.map(({ attachedRoutes }) => attachedRoutes)).toEqual([2, 2]);
    expect(table.listeners.map(({ rules }) => rules.length)).toEqual([1_025, 1_025]);
    expect([...table.backends.keys()]).toEqual(['shop_large-0_80', 'shop_web_80']);
  });

  it('all routes have room at one listener where they come to few lines', () => {
    const { gateways } = world({ routes: [...names.map((name) => httpRoute({ rules: [{}] }, name)), small] });
    expect(gateways.gateways[0]?.listeners[0]?.attachedRoutes).toBe(41);
  });
});

it('rules are tried in the order of the specification', () => {
  const backend = (name: string) => [to(name)];
  const { table } = world({
    gateways: [gateway([http(), http({ name: 'shop', hostname: '*.shop.example' })])],
    servers: Object.fromEntries(['any', 'host', 'exact', 'long', 'method', 'header', 'query', 'old'].map((name) => [name, [1]])),
    routes: [
      httpRoute({ rules: [{ backendRefs: backend('any') }] }),
      httpRoute(
        { hostnames: ['a.shop.example'], rules: [{ matches: [{ path: { value: '/' } }], backendRefs: backend('host') }] },
        'z-late',
        {},
      ),
      httpRoute(
        {
          hostnames: ['a.shop.example'],
          rules: [
            { matches: [{ path: { value: '/x' }, queryParams: [{ name: 'q', value: '1' }] }], backendRefs: backend('query') },
            { matches: [{ path: { value: '/x' }, headers: [{ name: 'X-Env', value: 'a b' }] }], backendRefs: backend('header') },
            { matches: [{ path: { value: '/x' }, method: 'PUT' }], backendRefs: backend('method') },
            { matches: [{ path: { value: '/x/long' } }], backendRefs: backend('long') },
            { matches: [{ path: { value: '/x', type: 'Exact' } }], backendRefs: backend('exact') },
            { matches: [{ path: { value: '/x' } }], backendRefs: backend('old') },
          ],
        },
        'a-first',
      ),
    ],
  });
  const goes = (host: string, path: string, more: { method?: string; headers?: Record<string, string> } = {}) =>
    matchListener(table, { port: 8000, host, path, method: 'GET', headers: {}, ...more })?.action.backends[0]?.name?.split('_')[1];
  expect([
    goes('other.example', '/x'),
    goes('b.shop.example', '/x'),
    goes('a.shop.example', '/'),
    goes('a.shop.example', '/x'),
    goes('a.shop.example', '/x', { method: 'PUT' }),
    goes('a.shop.example', '/x/long', { method: 'PUT', headers: { 'x-env': 'a b' } }),
    goes('a.shop.example', '/x/y', { method: 'PUT', headers: { 'x-env': 'a b' } }),
    goes('a.shop.example', '/x/y?q=1', { headers: { 'x-env': 'a b' } }),
    goes('a.shop.example', '/x/y?q=1'),
    goes('a.shop.example', '/x/y'),
  ]).toEqual(['any', 'any', 'host', 'exact', 'exact', 'long', 'method', 'header', 'query', 'old']);
});
