import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, look, type Sight, sightOf, viewer } from './looking.js';

const SIGNAL = { signal: new AbortController().signal };
const RESOLV_CONF = `# the node's own
nameserver 192.0.2.53
nameserver 192.0.2.54
search home.example. corp.example
options timeout:2 ndots:1
`;
const commands = {
  hosts: 'cat /etc/hosts',
  hostsMode: "stat -c '%a %u:%g' /etc/hosts",
  hostname: 'hostname',
  file: 'cat /etc/hostname',
  variable: 'echo "$HOSTNAME"',
  resolv: 'cat /etc/resolv.conf',
  address: "ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1",
};

let node: TestNode;
let directory: string;
const sights = new Map<string, Sight>();
const seen = (pod: string): Sight => sights.get(pod) ?? {};
/** The words of resolv.conf's lines, by their first. */
const resolver = (pod: string): Readonly<Record<string, readonly string[]>> => {
  const found: Record<string, string[]> = {};
  for (const line of (seen(pod)['resolv'] ?? '').trim().split('\n')) {
    const [word = '', ...rest] = line.split(/\s+/);
    found[word] = [...(found[word] ?? []), ...rest];
  }
  return found;
};

const LONG = `${'long-'.repeat(12)}name`;
const pods: Readonly<Record<string, object>> = {
  plain: {},
  named: {
    hostname: 'web',
    subdomain: 'shop',
    hostAliases: [
      { ip: '192.0.2.7', hostnames: ['one.example', 'two.example'] },
      { ip: '192.0.2.8', hostnames: ['three.example'] },
    ],
  },
  fqdn: { hostname: 'web', subdomain: 'shop', setHostnameAsFQDN: true },
  override: { hostnameOverride: 'over.example.org', hostname: 'web', subdomain: 'shop' },
  [LONG]: {},
  'on-host': { hostNetwork: true, hostAliases: [{ ip: '192.0.2.9', hostnames: ['alias.example'] }] },
  'on-host-cluster': { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
  'node-dns': { dnsPolicy: 'Default' },
  'own-dns': {
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.99'], searches: ['own.example'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] },
  },
  'more-dns': {
    dnsConfig: {
      nameservers: ['192.0.2.98', '192.0.2.97', '192.0.2.96'],
      searches: ['extra.example'],
      options: [{ name: 'ndots', value: '3' }],
    },
  },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-resolv-'));
  const resolvConf = join(directory, 'resolv.conf');
  await writeFile(resolvConf, RESOLV_CONF);
  node = await startNode({ config: { resolvConf, clusterDNS: ['10.96.0.10'], clusterDomain: 'cluster.test' } });
  const own = podManifest('own-hosts', {
    restartPolicy: 'Never',
    volumes: [{ name: 'hosts', hostPath: { path: join(directory, 'hosts') } }],
    containers: [script('app', look(commands), { volumeMounts: [{ name: 'hosts', mountPath: '/etc/hosts' }] })],
  });
  await writeFile(join(directory, 'hosts'), '192.0.2.1 mine\n');
  await dropAll(node, [...Object.entries(pods).map(([name, spec]) => viewer(name, commands, { ...spec })), own]);
  for (const name of [...Object.keys(pods), 'own-hosts']) sights.set(name, await sightOf(node, name));
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const managed = (address: string, names: string): string => `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${address}\t${names}
`;

describe('the hosts file', () => {
  it("has the pod's address and name", () => {
    expect(seen('plain')['hosts']).toBe(managed(seen('plain')['address']?.trim() ?? '', 'plain-node1'));
    expect(seen('plain')['hostsMode']).toBe('644 0:0\n');
  });

  it('has the full name of a pod with a subdomain, and its aliases', () => {
    const aliases = '\n# Entries added by HostAliases.\n192.0.2.7\tone.example\ttwo.example\n192.0.2.8\tthree.example\n';
    expect(seen('named')['hosts']).toBe(
      managed(seen('named')['address']?.trim() ?? '', 'web.shop.default.svc.cluster.test\tweb') + aliases,
    );
  });

  it("is the node's on the host network, with the aliases", async () => {
    const aliases = '\n# Entries added by HostAliases.\n192.0.2.9\talias.example\n';
    expect(seen('on-host')['hosts']).toBe(
      `# Kubernetes-managed hosts file (host network).\n${await readFile('/etc/hosts', 'utf8')}${aliases}`,
    );
  });

  it("is the container's own where it mounts one", () => {
    expect(seen('own-hosts')['hosts']).toBe('192.0.2.1 mine\n');
  });
});

describe('the host name', () => {
  it.each([
    ['plain', 'plain-node1'],
    ['named', 'web'],
    ['fqdn', 'web.shop.default.svc.cluster.test'],
    ['override', 'over.example.org'],
    [LONG, `${LONG}-node1`.slice(0, 63).replace(/[-.]+$/, '')],
    ['on-host', hostname()],
  ])('of %s is %s', (pod, name) => {
    expect(seen(pod)['hostname']).toBe(`${name}\n`);
    expect(seen(pod)['variable']).toBe(`${name}\n`);
    if (pod !== 'on-host') expect(seen(pod)['file']).toBe(`${name}\n`);
  });
});

describe('the resolver', () => {
  const cluster = ['default.svc.cluster.test', 'svc.cluster.test', 'cluster.test', 'home.example', 'corp.example'];

  it.each(['plain', 'on-host-cluster'])("of a pod (%s) is the cluster's", (pod) => {
    expect(resolver(pod)).toEqual({ nameserver: ['10.96.0.10'], search: cluster, options: ['ndots:5'] });
  });

  it.each(['node-dns', 'on-host'])("of a pod with the node's policy or network (%s) is the configured file's", (pod) => {
    const { nameserver, search, options } = resolver(pod);
    expect({ nameserver, search }).toEqual({ nameserver: ['192.0.2.53', '192.0.2.54'], search: ['home.example', 'corp.example'] });
    expect([...(options ?? [])].sort()).toEqual(['ndots:1', 'timeout:2']);
  });

  it('of a pod with policy None is what dnsConfig says', () => {
    expect(resolver('own-dns')).toEqual({ nameserver: ['192.0.2.99'], search: ['own.example'], options: ['ndots:2', 'edns0'] });
  });

  it('takes dnsConfig in addition, cut at three servers with an event that says so', async () => {
    expect(resolver('more-dns')).toEqual({
      nameserver: ['10.96.0.10', '192.0.2.98', '192.0.2.97'],
      search: [...cluster, 'extra.example'],
      options: ['ndots:3'],
    });
    const events = await node.api.listEvents(SIGNAL);
    expect(
      events.find(({ reason, involvedObject }) => reason === 'DNSConfigForming' && involvedObject?.name === 'more-dns-node1')?.message,
    ).toContain('10.96.0.10 192.0.2.98 192.0.2.97');
  });
});

it('a domain without a cluster domain has a dot at its end, and a full name that is too long stops the pod with its reason', async () => {
  await using bare = await startNode({}, {});
  await dropAll(bare, [
    viewer('bare', commands, { hostname: 'web', subdomain: 'shop' }),
    viewer('too-long', commands, { hostname: 'h'.repeat(40), subdomain: 's'.repeat(40), setHostnameAsFQDN: true }),
  ]);
  const { hosts, address } = await sightOf(bare, 'bare');
  expect(hosts).toBe(managed(address?.trim() ?? '', 'web.shop.default.svc.\tweb'));
  const problem = await bare.event('too-long', 'FailedCreatePodSandBox');
  expect(problem.message).toContain('64');
});
