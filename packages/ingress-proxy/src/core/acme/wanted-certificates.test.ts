import type { Ingress, Secret } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { computeWorld, gateway, httpRoute } from '../../../test/gateway-objects.js';
import { computeRouteTable } from '../compute-route-table.js';
import type { AcmeState } from './wanted-certificates.js';

const acme: AcmeState = { issuers: ['letsencrypt'], issued: new Map(), trouble: new Map(), challenges: new Map() };
const CLUSTER_ISSUER = 'cert-manager.io/cluster-issuer';
const pem = { certificate: 'CERTIFICATE', key: 'KEY' };

const ingress = (
  hosts: readonly string[],
  annotations: Record<string, string> = { [CLUSTER_ISSUER]: 'letsencrypt' },
  name = 'web',
): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec: { tls: [{ hosts, secretName: 'tls' }], rules: [] },
});
const compute = (ingresses: readonly Ingress[], state: AcmeState | undefined = acme, secrets: readonly Secret[] = []) =>
  computeRouteTable({
    ...{ ingresses, classes: [], services: [], slices: [], secrets, checkCertificate: () => undefined },
    ...(state !== undefined && { acme: state }),
  });
const messagesOf = ({ problems }: ReturnType<typeof compute>) => problems.map(({ message }) => message);

describe('an Ingress', () => {
  it.each([[{ [CLUSTER_ISSUER]: 'letsencrypt' }], [{ 'cert-manager.io/issuer': 'letsencrypt' }], [{ 'kubernetes.io/tls-acme': 'true' }]])(
    'with %j asks for one certificate of all its hosts',
    (annotations) => {
      const result = compute([ingress(['b.example', 'A.example'], annotations)]);
      expect([...result.wantedCertificates]).toEqual(['a.example,b.example']);
      // Until then one of the node's own stands in, and that is nothing to complain of.
      expect(result.table.certificates).toEqual([{ hosts: ['b.example', 'a.example'] }]);
      expect(messagesOf(result)).toEqual([]);
    },
  );

  it('without such an annotation asks for none; in vain where it names another issuer, or there is no server', () => {
    expect(compute([ingress(['a.example'], {})]).wantedCertificates.size).toBe(0);
    const other = compute([ingress(['a.example'], { [CLUSTER_ISSUER]: 'vault' })]);
    expect(other.wantedCertificates.size).toBe(0);
    expect(messagesOf(other)).toEqual([
      `secret "shop/tls" not found; none is asked for: annotation ${CLUSTER_ISSUER} names "vault", this node has letsencrypt; a certificate of the node's own stands in`,
    ]);
    const without = computeRouteTable({
      ...{ ingresses: [ingress(['a.example'])], classes: [], services: [], slices: [], secrets: [], checkCertificate: () => undefined },
    });
    expect(messagesOf(without)).toEqual([expect.stringContaining('none is asked for: this node has no ACME server')]);
  });

  it('has the certificate of its Secret, if there is one', () => {
    const secret = { metadata: { name: 'tls', namespace: 'shop' }, stringData: { 'tls.crt': 'a', 'tls.key': 'b' } };
    const result = compute([ingress(['a.example'])], acme, [secret]);
    expect(result.wantedCertificates.size).toBe(0);
    expect(result.table.certificates).toEqual([{ hosts: ['a.example'], pem: { certificate: 'a', key: 'b' } }]);
  });

  it('has what was issued, for hosts without a wildcard', () => {
    const state = { ...acme, issued: new Map([['a.example', pem]]) };
    const result = compute([ingress(['a.example', '*.a.example'])], state);
    expect([...result.wantedCertificates]).toEqual(['a.example']);
    expect(result.table.certificates).toEqual([{ hosts: ['a.example'], pem }, { hosts: ['*.a.example'] }]);
    expect(messagesOf(result)).toEqual([`no HTTP-01 challenge is for "*.a.example"; a certificate of the node's own stands in`]);
  });

  it('hears why it has none, and why it has still the one of before', () => {
    const state = { ...acme, trouble: new Map([['a.example', 'unauthorized: wrong answer']]) };
    expect(messagesOf(compute([ingress(['a.example'])], state))).toEqual([
      "unauthorized: wrong answer; a certificate of the node's own stands in",
    ]);
    expect(messagesOf(compute([ingress(['a.example'])], { ...state, issued: new Map([['a.example', pem]]) }))).toEqual([
      'unauthorized: wrong answer; the one of before stays',
    ]);
  });

  it('does not make a node ask for more than 100 certificates, or one for more than 100 hosts', () => {
    const many = Array.from({ length: 101 }, (_, i) => ingress([`${i}.example`], undefined, `i${i}`));
    const result = compute(many);
    expect(result.wantedCertificates.size).toBe(100);
    expect(messagesOf(result)).toEqual([expect.stringContaining('a node asks for at most 100 certificates')]);
    const large = compute([ingress(Array.from({ length: 101 }, (_, i) => `${i}.example`))]);
    expect(large.wantedCertificates.size).toBe(0);
    expect(messagesOf(large)).toEqual([expect.stringContaining('one certificate has at most 100 hosts')]);
  });
});

describe('a listener of a Gateway', () => {
  const world = (state: AcmeState, hostname = 'shop.example') =>
    computeWorld({
      gateways: [
        gateway(
          [{ name: 'https', port: 443, protocol: 'HTTPS', hostname, tls: { certificateRefs: [{ name: 'tls' }] } }],
          'edge',
          {},
          {
            annotations: { [CLUSTER_ISSUER]: 'letsencrypt' },
          },
        ),
      ],
      routes: [httpRoute({ rules: [{}] })],
      acme: state,
    });
  const resolvedOf = ({ gateways: { gateways } }: ReturnType<typeof world>) =>
    gateways[0]?.listeners[0]?.conditions.find(({ type }) => type === 'ResolvedRefs');

  it('waits for its certificate, and opens with it', () => {
    const before = world(acme);
    expect([...before.wantedCertificates]).toEqual(['shop.example']);
    expect(before.table.listeners).toEqual([]);
    expect(resolvedOf(before)).toMatchObject({ status: 'False', message: 'secret "shop/tls" not found; it is being issued' });
    const after = world({ ...acme, issued: new Map([['shop.example', pem]]) });
    expect(after.table.listeners).toMatchObject([{ port: 443, certificates: [pem] }]);
    expect(resolvedOf(after)).toMatchObject({ status: 'True' });
  });

  it('for any host, or a wildcard, hears that there can be none', () => {
    expect(resolvedOf(world(acme, '*.shop.example'))?.message).toContain('no HTTP-01 challenge is for "*.shop.example"');
    expect(world(acme, '*.shop.example').wantedCertificates.size).toBe(0);
  });
});

it('the table has the challenges, and asks for the port of HTTP for them', () => {
  const challenges = new Map([['token', 'token.thumb']]);
  expect(compute([], { ...acme, challenges }).table.challenges).toBe(challenges);
});
