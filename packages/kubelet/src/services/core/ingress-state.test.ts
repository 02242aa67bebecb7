import { computeRouteTable } from '@solo-kubelet/ingress-proxy';
import type { Ingress } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { type IngressState, ingressNotices, reachedAt, reduceProxy, shownIngresses, stoppedProxy } from './ingress-state.js';

const ingress = (name: string): Ingress => ({ metadata: { name, namespace: 'shop', uid: `uid-${name}` }, spec: {} });
const state: IngressState = {
  ingresses: [ingress('web'), ingress('others')],
  own: ['shop/web'],
  problems: [],
  addresses: ['192.0.2.1', '2001:db8::1'],
  proxy: { ports: [80, 443], served: ['shop/web', 'shop/others'] },
};
const noticesOf = (change: Partial<IngressState>) =>
  [...ingressNotices({ ...state, ...change }).values()].map(({ about, type, reason, message }) => [
    about.metadata.name,
    type,
    reason,
    message,
  ]);

describe('ingressNotices', () => {
  it('tells where an Ingress is served, and nothing of those of others', () =>
    expect(noticesOf({})).toEqual([['web', 'Normal', 'Sync', 'Served at 192.0.2.1, 2001:db8::1, ports 80, 443']]));
  it('tells what is wrong with an Ingress beside that', () =>
    expect(noticesOf({ problems: [{ ingress: 'shop/web', reason: 'IngressCertificate', message: 'secret "shop/x" not found' }] })).toEqual([
      ['web', 'Warning', 'IngressCertificate', 'secret "shop/x" not found'],
      ['web', 'Normal', 'Sync', expect.any(String)],
    ]));
  it('tells of a port that somebody holds', () =>
    expect(
      noticesOf({ proxy: { ports: [], served: [], trouble: { reason: 'PortTaken', message: 'port 80 is held by nginx (pid 1)' } } }),
    ).toEqual([['web', 'Warning', 'PortTaken', 'port 80 is held by nginx (pid 1)']]));
});

describe('reduceProxy', () => {
  const table = computeRouteTable({
    ingresses: [ingress('web')],
    classes: [],
    services: [],
    slices: [],
    secrets: [],
    checkCertificate: () => undefined,
  }).table;
  const ports = { httpPort: 80, httpsPort: 443, ownOf: (of: unknown) => (of === table ? ['shop/web'] : []) };
  const applied = {
    type: 'applied',
    how: 'started',
    http: true,
    https: false,
    ports: [80],
    taken: new Map<number, string>(),
    pid: 1,
    table,
  } as const;
  it('takes requests once the table is in force, until it has ended', () => {
    const serving = reduceProxy(stoppedProxy, applied, ports);
    expect(serving).toMatchObject({ ports: [80], served: ['shop/web'] });
    expect(reduceProxy(serving, { ...applied, https: true }, ports)).toMatchObject({ ports: [80, 443], served: ['shop/web'] });
    expect(reduceProxy(serving, { type: 'failed', message: 'x', serving: true }, ports)).toMatchObject(serving);
    expect(reduceProxy(serving, { type: 'failed', message: 'x', serving: false }, ports)).toMatchObject(stoppedProxy);
    expect(reduceProxy(serving, { type: 'stopped' }, ports)).toEqual(stoppedProxy);
  });
});

it('an Ingress that is served has the addresses in its status, and what a manifest says of it does not count', () => {
  const given = { ...ingress('others'), status: { loadBalancer: { ingress: [{ ip: '6.6.6.6' }] } } };
  expect(shownIngresses({ ...state, ingresses: [ingress('web'), given] }).map(({ status }) => status)).toEqual([
    { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }] } },
    { loadBalancer: {} },
  ]);
  // Its routes are not in force yet.
  expect(shownIngresses({ ...state, proxy: { ports: [80], served: [] } })[0]?.status).toEqual({ loadBalancer: {} });
  expect(shownIngresses({ ...state, proxy: stoppedProxy })[0]?.status).toEqual({ loadBalancer: {} });
});

it('is reached at the addresses of the node unless it takes requests at others', () => {
  expect(reachedAt(undefined, ['192.0.2.1'])).toEqual(['192.0.2.1']);
  expect(reachedAt(['::'], ['192.0.2.1'])).toEqual(['192.0.2.1']);
  expect(reachedAt(['127.0.0.1'], ['192.0.2.1'])).toEqual(['127.0.0.1']);
});
