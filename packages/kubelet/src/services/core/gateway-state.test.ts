import type { GatewayVerdict, RouteTable } from '@solo-kubelet/ingress-proxy';
import type { ApiObject, Gateway, HTTPRoute } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { type GatewayState, gatewayNotices, shownGateways } from './gateway-state.js';
import { stoppedProxy } from './ingress-state.js';

const table = { listeners: [] } as unknown as RouteTable;
const ok = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' } as const;
const listener = { name: 'http', port: 80, supportedKinds: [], attachedRoutes: 1, conditions: [ok] };
const verdict: GatewayVerdict = { key: 'shop/edge', conditions: [ok], listeners: [listener] };
const gateway = { kind: 'Gateway', metadata: { name: 'edge', namespace: 'shop', uid: 'g', generation: 3 }, spec: {} } as unknown as Gateway;
const route = { kind: 'HTTPRoute', metadata: { name: 'web', namespace: 'shop', uid: 'r' }, spec: {} } as unknown as HTTPRoute;
const state: GatewayState = {
  classes: [],
  gateways: [gateway],
  routes: [route],
  verdicts: { classes: [], gateways: [verdict], routes: [] },
  table,
  addresses: ['192.0.2.1'],
  proxy: { ...stoppedProxy, table, open: [80], taken: new Map() },
  controllerName: 'solo',
};
const NOW = '2026-01-02T03:04:05Z';
const LATER = '2026-01-02T04:00:00Z';
const statusOf = (shown: readonly ApiObject[], kind = 'Gateway') =>
  (shown.find((each) => each.kind === kind) as Gateway | undefined)?.status;
const programmed = (change: Partial<GatewayState>) => {
  const status = statusOf(shownGateways({ ...state, ...change }, new Map(), NOW));
  return [
    status?.conditions?.find(({ type }) => type === 'Programmed')?.reason,
    ...(status?.listeners?.[0]?.conditions ?? []).map(({ type, status: holds, reason }) => `${type}=${holds} ${reason}`),
  ];
};

describe('a Gateway', () => {
  it('is in force once the proxy has its port', () => {
    expect(programmed({})).toEqual(['Programmed', 'Accepted=True Accepted', 'Programmed=True Programmed']);
    expect(programmed({ proxy: stoppedProxy })).toEqual(['Pending', 'Accepted=True Accepted', 'Programmed=False Pending']);
  });
  it('is not where somebody else holds it', () =>
    expect(programmed({ proxy: { ...stoppedProxy, open: [], taken: new Map([[80, 'nginx (pid 1)']]) } })).toEqual([
      'Pending',
      'Accepted=False PortUnavailable',
      'Programmed=False Invalid',
    ]));
  it('is not where its listener is wrong', () =>
    expect(programmed({ verdicts: { ...state.verdicts, gateways: [{ ...verdict, listeners: [{ ...listener, fault: 'x' }] }] } })).toEqual([
      'Invalid',
      'Accepted=True Accepted',
      'Programmed=False Invalid',
    ]));
  it('of nobody waits for a controller', () => expect(programmed({ verdicts: { ...state.verdicts, gateways: [] } })).toEqual(['Pending']));
});

it('a condition keeps its time for as long as its status stays', () => {
  const first = shownGateways({ ...state, proxy: stoppedProxy }, new Map(), NOW);
  const second = statusOf(shownGateways(state, new Map(first.map((each) => [each.metadata.uid ?? '', each])), LATER));
  expect(second?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
    ['Accepted', NOW],
    ['Programmed', LATER],
  ]);
  expect(second?.conditions?.[0]?.observedGeneration).toBe(3);
  expect(second?.addresses).toEqual([{ type: 'IPAddress', value: '192.0.2.1' }]);
});

it('what is wrong with a route is told', () => {
  const conditions = [ok, { type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', message: 'service not found' } as const];
  const shown = shownGateways(
    { ...state, verdicts: { ...state.verdicts, routes: [{ key: 'shop/web', parents: [{ parentRef: { name: 'edge' }, conditions }] }] } },
    new Map(),
    NOW,
  );
  expect([...gatewayNotices(shown).values()].map(({ reason, message, about }) => [about.kind, reason, message])).toEqual([
    ['HTTPRoute', 'BackendNotFound', 'service not found'],
  ]);
});
