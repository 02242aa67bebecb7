import { describe, expect, it } from 'vitest';
import { examineFirewalls } from './examine-firewalls.js';
import { type FilterChain, judgeFirewalls, readFilterChains } from './firewall-checks.js';

const forward = (change: Partial<FilterChain> = {}): FilterChain => ({
  ...{ family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' },
  ...change,
});
const named = (name: string): FilterChain => ({ family: 'ip', table: 'filter', name });
const found = (chains: readonly FilterChain[], legacyForward?: string) => judgeFirewalls({ chains, legacyForward });

describe('judgeFirewalls', () => {
  it.each<[string, readonly FilterChain[], string, string]>([
    ['docker', [forward(), named('DOCKER-USER')], 'docker: chain FORWARD', 'iptables -I DOCKER-USER -s POD_NETWORK'],
    [
      'ufw, with docker beside it',
      [forward(), named('DOCKER-USER'), named('ufw-before-forward')],
      'ufw: chain FORWARD',
      'ufw route allow from',
    ],
    [
      'a rule set of somebody',
      [forward({ family: 'inet', table: 'fw', name: 'fwd' })],
      'chain fwd of table inet fw',
      'nft insert rule inet fw fwd',
    ],
    [
      'input of ufw',
      [forward({ name: 'INPUT', hook: 'input' }), named('ufw-before-forward')],
      "Pods do not reach the node's DNS server",
      'ufw allow from',
    ],
    [
      'input of IPv6',
      [forward({ family: 'ip6', name: 'INPUT', hook: 'input' })],
      'ip6 filter',
      'nft insert rule ip6 filter INPUT ip6 saddr',
    ],
    [
      'firewalld',
      [forward({ family: 'inet', table: 'firewalld', name: 'filter_FORWARD', policy: 'accept' })],
      'firewalld rejects',
      'firewall-cmd',
    ],
    ['kube-proxy of nftables', [{ family: 'ip', table: 'kube-proxy', name: 'services' }], 'rules of kube-proxy', 'kube-proxy --cleanup'],
    ['kube-proxy of iptables', [{ family: 'ip', table: 'nat', name: 'KUBE-SERVICES' }], 'rules of kube-proxy', 'kube-proxy --cleanup'],
  ])('%s is named, with what to do', (_, chains, detail, remedy) => {
    const findings = found(chains);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.detail).toContain(detail);
    expect(findings[0]?.remedy).toContain(remedy);
  });
  it('rules of old iptables are seen', () => expect(found([], 'DROP')[0]?.remedy).toContain('iptables-legacy -I FORWARD'));
  it('what lets packets through is no finding, and neither are our own tables', () =>
    expect(found([forward({ policy: 'accept' }), forward({ table: 'solo-np-00000000' }), forward({ hook: 'output' })], 'ACCEPT')).toEqual(
      [],
    ));
});

describe('what is looked at', () => {
  it('chains of nft, and iptables-legacy only where it has tables', async () => {
    const asked: string[] = [];
    const facts = await examineFirewalls(async (program, ...args) => {
      asked.push([program, ...args].join(' '));
      if (program === 'nft')
        return '{"nftables":[{"metainfo":{}},{"chain":{"family":"ip","table":"filter","name":"FORWARD","handle":1,"type":"filter","hook":"forward","prio":0,"policy":"drop"}}]}';
      return program === 'cat' ? 'nat\nfilter\n' : '-P FORWARD DROP\n-A FORWARD -j x\n';
    });
    expect(facts).toEqual({ chains: [forward()], legacyForward: 'DROP' });
    expect(asked).toContain('iptables-legacy -S FORWARD');
    const none = await examineFirewalls(async () => undefined);
    expect(none).toEqual({ chains: [], legacyForward: undefined });
  });
  it.each(['', 'null', '[]', '{"nftables":7}', '{"nftables":[null,{"chain":{"family":1}}]}'])('%s is nothing', (text) =>
    expect(readFilterChains(text)).toEqual([]),
  );
});
