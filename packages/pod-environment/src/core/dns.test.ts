import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { type DnsInput, podDns } from './dns.js';
import { parseResolvConf } from './resolv-conf.js';

const host = parseResolvConf('nameserver 192.0.2.53\nsearch lan.example\noptions timeout:1\n');
const dns = (input: Partial<DnsInput>) =>
  podDns({ pod: testPod(), nodeResolvConf: host, nodeIps: ['192.0.2.10'], clusterDomain: '', clusterDns: [], ...input });

describe('parseResolvConf', () => {
  it('adds up nameservers, takes the last search line and merges options by name', () => {
    const text = [
      '# comment',
      'nameserver 1.1.1.1',
      ' nameserver\t8.8.8.8 ; not a comment',
      'domain ignored.example',
      'search first.example',
      'search a.example. . b.example',
      'options ndots:1 rotate',
      'options ndots:3',
    ].join('\n');
    expect(parseResolvConf(text)).toEqual({
      servers: ['1.1.1.1', '8.8.8.8'],
      searches: ['a.example', 'b.example'],
      options: ['ndots:3', 'rotate'],
    });
  });

  it('refuses a nameserver line without an address', () => {
    expect(() => parseResolvConf('nameserver\n')).toThrow('no address');
  });
});

describe('podDns', () => {
  const hostConfig = { servers: ['192.0.2.53'], searches: ['lan.example'], options: ['timeout:1'] };
  it.each([
    ['Default is the host', { pod: testPod({ dnsPolicy: 'Default' }), clusterDns: ['10.0.0.10'] }, hostConfig],
    ['ClusterFirst on the host network is the host', { pod: testPod({ hostNetwork: true }), clusterDns: ['10.0.0.10'] }, hostConfig],
    ['None is empty', { pod: testPod({ dnsPolicy: 'None' as const }) }, { servers: [], searches: [], options: [] }],
    [
      'ClusterFirst with a cluster',
      { clusterDns: ['10.0.0.10'], clusterDomain: 'cluster.local' },
      {
        servers: ['10.0.0.10'],
        searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan.example'],
        options: ['ndots:5'],
      },
    ],
    [
      'ClusterFirst without a domain keeps the host searches only',
      { clusterDns: ['10.0.0.10'] },
      { servers: ['10.0.0.10'], searches: ['lan.example'], options: ['ndots:5'] },
    ],
    [
      'ClusterFirstWithHostNet uses the cluster on the host network',
      { pod: testPod({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' as const }), clusterDns: ['10.0.0.10'] },
      { servers: ['10.0.0.10'], searches: ['lan.example'], options: ['ndots:5'] },
    ],
    [
      'no resolver file means the node itself',
      { pod: testPod({ dnsPolicy: 'Default' as const }), nodeResolvConf: undefined, nodeIps: ['192.0.2.10', '2001:db8::1'] },
      { servers: ['127.0.0.1', '::1'], searches: ['.'], options: [] },
    ],
    [
      'dnsConfig is added, and its options win',
      {
        pod: testPod({
          dnsPolicy: 'Default' as const,
          dnsConfig: {
            nameservers: ['192.0.2.53', '9.9.9.9'],
            searches: ['more.example'],
            options: [{ name: 'timeout', value: '9' }, { name: 'rotate' }],
          },
        }),
      },
      { servers: ['192.0.2.53', '9.9.9.9'], searches: ['lan.example', 'more.example'], options: ['timeout:9', 'rotate'] },
    ],
  ])('%s', (_, input, expected) => {
    expect(dns(input).config).toEqual(expected);
  });

  it('says that it falls back when no cluster DNS is configured', () => {
    const { config, notices } = dns({});
    expect(config).toEqual(hostConfig);
    expect(notices).toEqual([
      {
        type: 'Warning',
        reason: 'MissingClusterDNS',
        message:
          'pod: "web-node1_default(0123456789abcdef0123456789abcdef)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
      },
    ]);
  });

  it('cuts servers, searches and the search line to their limits and says so', () => {
    const searches = [...Array.from({ length: 33 }, (_, index) => `s${index}.example`)];
    const pod = testPod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['1', '2', '3', '4'].map((n) => `192.0.2.${n}`), searches } });
    const { config, notices } = dns({ pod });
    expect(config.servers).toHaveLength(3);
    expect(config.searches).toEqual(searches.slice(0, 32));
    expect(notices.map(({ reason }) => reason)).toEqual(['DNSConfigForming', 'DNSConfigForming']);
  });

  it('drops a search path of over 253 bytes and what makes the line longer than 2048', () => {
    const long = `${'a'.repeat(250)}.com`;
    const full = Array.from({ length: 10 }, (_, index) => `${index}${'b'.repeat(249)}`);
    const { config } = dns({ pod: testPod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'], searches: [long, ...full] } }) });
    expect(config.searches).toEqual(full.slice(0, 8));
  });
});
