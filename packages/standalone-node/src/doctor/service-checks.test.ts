import { describe, expect, it } from 'vitest';
import { judgeServices, type ServiceFacts } from './service-checks.js';

const fine: ServiceFacts = {
  hasServices: true,
  hasIngresses: true,
  nft: 'nftables v1.0.6',
  iptables: undefined,
  firewalls: { chains: [], legacyForward: undefined },
  haproxy: 'HAProxy version 2.6.12',
  nginx: undefined,
  bridgeRules: true,
  holders: [],
};
const found = (change: Partial<ServiceFacts>) => judgeServices({ ...fine, ...change }).map(({ name, status }) => `${name} ${status}`);

describe('judgeServices', () => {
  it.each<[string, Partial<ServiceFacts>, readonly string[]]>([
    ['all is there', {}, ['Services ok', 'Ingress ok']],
    [
      'nothing is there, and nobody wants it',
      { hasServices: false, hasIngresses: false, nft: undefined, haproxy: undefined, bridgeRules: undefined },
      [],
    ],
    ['nft is missing', { nft: undefined }, ['Services failed', 'Ingress ok']],
    ['haproxy is missing', { haproxy: undefined }, ['Services ok', 'Ingress failed']],
    ['br_netfilter is missing', { bridgeRules: undefined }, ['Services ok', 'Bridged packets warning', 'Ingress ok']],
    [
      'the proxy of the node has the ports',
      { holders: [{ port: 80, holder: 'haproxy (pid 7)', isProxy: true }] },
      ['Services ok', 'Ingress ok'],
    ],
    ['the proxy of the node is nginx', { holders: [{ port: 80, holder: 'nginx (pid 7)', isProxy: true }] }, ['Services ok', 'Ingress ok']],
    ['only nginx is there', { haproxy: undefined, nginx: 'nginx version: nginx/1.22.1' }, ['Services ok', 'Ingress ok']],
    ['another has a port', { holders: [{ port: 80, holder: 'nginx (pid 7)', isProxy: false }] }, ['Services ok', 'Ingress failed']],
    [
      'another has a port that may be wanted',
      { hasIngresses: false, holders: [{ port: 443, holder: 'nginx (pid 7)', isProxy: false }] },
      ['Services ok', 'Ingress warning'],
    ],
  ])('%s', (_, change, expected) => expect(found(change)).toEqual(expected));

  it('where there is only iptables that is said', () =>
    expect(judgeServices({ ...fine, nft: undefined, iptables: 'iptables v1.8.9 (nf_tables)' })[0]).toEqual({
      name: 'Services',
      status: 'failed',
      detail: 'nft is not installed, and rules of Services are made with nothing else: not with iptables v1.8.9 (nf_tables)',
      remedy: 'apt-get install nftables',
    }));

  it('foreign rules are among the findings', () =>
    expect(found({ firewalls: { chains: [], legacyForward: 'DROP' } })).toEqual(['Services ok', 'Forwarding warning', 'Ingress ok']));

  it('names who has the port', () =>
    expect(judgeServices({ ...fine, holders: [{ port: 80, holder: 'nginx (pid 7)', isProxy: false }] }).at(-1)?.detail).toBe(
      'port 80 is held by nginx (pid 7)',
    ));
});
