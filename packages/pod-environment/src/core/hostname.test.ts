import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { podHostname, sandboxHostname } from './hostname.js';
import { hostNetworkHostsFile, podHostsFile } from './hosts-file.js';

describe('podHostname', () => {
  it.each([
    ['the pod name', {}, { hostname: 'web-node1', domain: '' }],
    ['spec.hostname', { hostname: 'db' }, { hostname: 'db', domain: '' }],
    ['a subdomain', { hostname: 'db', subdomain: 'sub' }, { hostname: 'db', domain: 'sub.default.svc.cluster.local' }],
    ['hostnameOverride, without domain', { hostnameOverride: 'a.b', subdomain: 'sub' }, { hostname: 'a.b', domain: '' }],
  ])('is %s', (_, spec, expected) => {
    expect(podHostname(testPod(spec), 'cluster.local')).toEqual(expected);
  });

  it('has a dot at the end of the domain when the node has no cluster domain', () => {
    expect(podHostname(testPod({ subdomain: 'sub' }), '').domain).toBe('sub.default.svc.');
  });

  it('cuts a long name to 63 bytes and strips what may not stand at its end', () => {
    expect(podHostname(testPod({}, { name: `${'a'.repeat(62)}-${'b'.repeat(9)}` }), '').hostname).toBe('a'.repeat(62));
    expect(podHostname(testPod({}, { name: `${'a'.repeat(63)}` }), '').hostname).toBe('a'.repeat(63));
  });
});

describe('sandboxHostname', () => {
  it.each([
    ['empty on the host network', { hostNetwork: true }, ''],
    ['short by default', { subdomain: 'sub' }, 'web-node1'],
    ['full with setHostnameAsFQDN', { subdomain: 'sub', setHostnameAsFQDN: true }, 'web-node1.sub.default.svc.x'],
    ['short without a domain', { setHostnameAsFQDN: true }, 'web-node1'],
  ])('is %s', (_, spec, expected) => {
    expect(sandboxHostname(testPod(spec), 'x')).toBe(expected);
  });

  it('refuses a full name that the kernel does not take', () => {
    const pod = testPod({ subdomain: 's'.repeat(50), setHostnameAsFQDN: true });
    expect(() => sandboxHostname(pod, 'x')).toThrow(
      expect.objectContaining({ code: 'HOSTNAME_TOO_LONG', reason: 'FailedCreatePodSandBox' }),
    );
  });
});

describe('hosts files', () => {
  it('lists the well-known names, each pod address and the aliases', () => {
    const text = podHostsFile(['10.1.0.5', 'fd00::5'], { hostname: 'web', domain: 'sub.default.svc.x' }, [
      { ip: '1.2.3.4', hostnames: ['a', 'b'] },
    ]);
    expect(text).toBe(
      [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
        '10.1.0.5\tweb.sub.default.svc.x\tweb',
        'fd00::5\tweb.sub.default.svc.x\tweb',
        '',
        '# Entries added by HostAliases.',
        '1.2.3.4\ta\tb',
        '',
      ].join('\n'),
    );
  });

  it('keeps the node file as it is for a host-network pod', () => {
    expect(hostNetworkHostsFile('127.0.0.1 localhost\n', [])).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n',
    );
  });
});
