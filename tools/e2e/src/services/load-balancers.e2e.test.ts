import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyObjectStore, type ObjectStore } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObject, type Service, type ServiceSpec } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type Allocations, parseAddressPool, parseIpRange, type ServiceNetwork } from '@solo-kubelet/service-network';
import { createAddressAnnouncer, createServiceNetwork, nftApplier, type ServiceNetworkOutput } from '@solo-kubelet/service-network/rx';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { asyncScheduler, BehaviorSubject, of, type Subscription } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetns, labFault, type Netns, skipAddressDetection } from '../../cni/lab.js';
import { askTcp, type LabHost, type ServiceLab, shownPod, startServiceLab } from './service-lab.js';

const fault = await labFault();
if (fault !== undefined) console.log(`load-balancers.e2e.test.ts is skipped: ${fault}`);

const POKE = `require('dgram').createSocket(process.argv[1].includes(':') ? 'udp6' : 'udp4').on('error', () => process.exit()).send('', 9, process.argv[1], () => process.exit())`;
const HTTP = [{ name: 'http', port: 80, targetPort: 8080 }];
const { signal } = new AbortController();

const balancer = (
  name: string,
  { annotations = {}, ...spec }: ServiceSpec & { readonly annotations?: Record<string, string> } = {},
): ApiObject => {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', uid: name, annotations },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: HTTP, ...spec },
  });
  const result = parseObject(text, { path: `${name}.json` });
  if (!result.ok) throw new Error(result.message);
  return result.object;
};

describe.skipIf(fault !== undefined)('load balancers with addresses of a pool', () => {
  let lab: ServiceLab;
  let pod: LabHost;
  /** A switch with the node, a client and a camera that has an address of the pool. */
  let lan: Netns;
  let client: Netns;
  let camera: Netns;
  let directory: string;
  const objects$ = new BehaviorSubject<ObjectStore>({ ...emptyObjectStore, syncedSources: new Set(['file:x']) });
  const pods$ = new BehaviorSubject<ReadonlyMap<string, { readonly pod: Pod; readonly terminating: boolean }>>(new Map());
  let outputs: ServiceNetworkOutput[] = [];
  let record: Allocations = new Map();
  let work: Subscription;

  const announcer = (device?: string) =>
    createAddressAnnouncer({
      path: join(directory, 'addresses.json'),
      device,
      run: lab.run,
      poke: async (address) => {
        await lab.node.run(process.execPath, '-e', POKE, address);
      },
    });
  const start = (): Subscription => {
    const pool = parseAddressPool(['198.51.100.240-198.51.100.243', 'fd98::240-fd98::243']);
    if ('error' in pool) throw new Error(pool.error);
    return createServiceNetwork({
      settings: {
        ranges: [parseIpRange('10.96.0.0/16')!, parseIpRange('fd00:10:96::/112')!],
        nodePorts: { from: 30_000, to: 32_767 },
        clusterDomain: 'cluster.local',
        owner: 'lab',
        pool,
      },
      store: {
        load: async () => record,
        save: async (next) => {
          record = next;
        },
      },
      record,
      applier: nftApplier({ run: lab.run }),
      announcer: announcer(),
      listeners: async () => new Set(),
      scheduler: asyncScheduler,
    })
      .run({
        objects$,
        sources: [{ source: 'file', path: 'x' }],
        pods$,
        known$: of(true),
        node$: of({ name: 'node', addresses: [lab.nodeIp] }),
      })
      .subscribe((output) => outputs.push(output));
  };
  const put = async (...services: readonly ApiObject[]): Promise<ServiceNetwork> => {
    outputs = [];
    objects$.next({
      ...objects$.value,
      byKind: new Map([['Service', new Map(services.map((one) => [`default/${one.metadata.name}`, one]))]]),
    });
    pods$.next(new Map([['p11', { pod: shownPod('p11', ['10.77.0.11', 'fd77::11']), terminating: false }]]));
    return synced();
  };
  const synced = async (): Promise<ServiceNetwork> => {
    await waitFor(async () => outputs.some((one) => (one.type === 'synced' && !one.hasMore) || one.type === 'trouble') || undefined, {
      what: 'the rules to be in force',
      timeoutMs: 30_000,
    });
    expect(outputs.filter(({ type }) => type === 'trouble')).toEqual([]);
    const last = outputs.findLast((one) => one.type === 'network');
    return last!.network;
  };
  const ips = ({ services }: ServiceNetwork, name: string): readonly (string | undefined)[] =>
    ((services.find(({ metadata }) => metadata.name === name) as Service).status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  const problems = (): readonly string[] =>
    outputs.flatMap((one) => (one.type === 'problem' ? [`${one.problem.reason}: ${one.problem.message}`] : []));
  const addresses = async (): Promise<readonly string[]> =>
    ((await lab.node.run('ip', '-o', 'addr', 'show', 'dev', 'lan0')).match(/inet6? (\S+)/g) ?? [])
      .map((text) => text.split(' ')[1]!)
      .filter((text) => /\/(32|128)$/.test(text));

  const plug = async (name: string, hostname: string, own: readonly string[], into?: Netns): Promise<Netns> => {
    const netns = into ?? (await createNetns(name));
    await skipAddressDetection(netns);
    const device = into === undefined ? 'eth0' : 'lan0';
    await lan.run('ip', 'link', 'add', hostname, 'type', 'veth', 'peer', 'name', device, 'netns', netns.name);
    await lan.run('ip', 'link', 'set', hostname, 'up', 'master', 'switch');
    await netns.run('ip', 'link', 'set', 'lo', 'up');
    await netns.run('ip', 'link', 'set', device, 'up');
    for (const address of own) await netns.run('ip', 'addr', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
    return netns;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'load-balancers-'));
    lab = await startServiceLab();
    pod = await lab.pod(11);
    await lab.serve(pod, 'one', [8080]);
    await lab.serve(lab.node, 'node', [8022, 80]);
    lan = await createNetns('lan');
    await lan.run('ip', 'link', 'add', 'switch', 'type', 'bridge');
    await lan.run('ip', 'link', 'set', 'switch', 'up');
    await plug('node', 'node', ['198.51.100.1/24', 'fd98::1/64'], lab.node);
    client = await plug('client', 'client', ['198.51.100.2/24', 'fd98::2/64']);
    camera = await plug('camera', 'camera', ['198.51.100.241/24', 'fd98::241/64']);
    work = start();
  }, 120_000);
  afterAll(async () => {
    work?.unsubscribe();
    for (const netns of [client, camera, lan]) await netns?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it('a neighbour reaches the address that it asks for, and sees nothing else of the node there', async () => {
    const network = await put(balancer('web', { loadBalancerIP: '198.51.100.240' }));
    expect(ips(network, 'web')).toEqual(['198.51.100.240']);
    expect(network.services[0]?.status?.loadBalancer?.ingress).toEqual([{ ip: '198.51.100.240', ipMode: 'VIP' }]);
    expect(await addresses()).toEqual(['198.51.100.240/32']);
    expect(await askTcp(client, { host: '198.51.100.240', port: 80, count: 5 })).toEqual(Array(5).fill('one 198.51.100.2'));
    // Something of the node listens at all addresses; this one is the Service's alone.
    expect(await askTcp(client, { host: '198.51.100.1', port: 8022 })).toEqual(['node 198.51.100.2']);
    expect(await askTcp(client, { host: '198.51.100.240', port: 8022 })).toEqual(['ECONNREFUSED']);
    expect(await askTcp(pod.netns, { host: '198.51.100.240', port: 80 })).toEqual(['one 10.77.0.1']);
    expect(await askTcp(lab.node, { host: '198.51.100.240', port: 80 })).toEqual([expect.stringMatching(/^one /)]);
    expect(await askTcp(client, { host: '198.51.100.1', port: 80 })).toEqual(['node 198.51.100.2']);
  });

  it('an address that a neighbour has is passed over, and told where it was asked for', async () => {
    const wanted = Array.from({ length: 3 }, (_, i) => `any${i}`);
    const network = await put(...wanted.map((name) => balancer(name)));
    const given = wanted.flatMap((name) => ips(network, name));
    expect([...given].sort()).toEqual(['198.51.100.240', '198.51.100.242', '198.51.100.243']);
    const asked = await put(balancer('mine', { annotations: { 'metallb.io/loadBalancerIPs': '198.51.100.241' } }));
    expect(ips(asked, 'mine')).toEqual([]);
    expect(problems()).toEqual([
      expect.stringMatching(
        /^AddressInUse: Failed to allocate IP for "default\/mine": 198\.51\.100\.241 is answered by [0-9a-f:]+ at lan0$/,
      ),
    ]);
    expect(await addresses()).toEqual([]);
  });

  it('neighbours that knew another owner learn the new one at once, of both families', async () => {
    const [, mac = ''] = /link\/ether (\S+)/.exec(await lab.node.run('ip', '-o', 'link', 'show', 'dev', 'lan0')) ?? [];
    for (const ip of ['198.51.100.242', 'fd98::242'])
      await client.run('ip', 'neigh', 'replace', ip, 'dev', 'eth0', 'lladdr', '02:00:00:00:00:99', 'nud', 'stale');
    const network = await put(
      balancer('both', {
        ipFamilyPolicy: 'RequireDualStack',
        annotations: { 'metallb.io/loadBalancerIPs': '198.51.100.242,fd98::242' },
      }),
    );
    expect(ips(network, 'both')).toEqual(['198.51.100.242', 'fd98::242']);
    const known = await client.run('ip', 'neigh', 'show', 'dev', 'eth0');
    expect(known).toContain(`198.51.100.242 lladdr ${mac}`);
    expect(known).toContain(`fd98::242 lladdr ${mac}`);
    expect(await askTcp(client, { host: '198.51.100.242', port: 80 })).toEqual(['one 198.51.100.2']);
    expect(await askTcp(client, { host: 'fd98::242', port: 80 })).toEqual(['one fd98::2']);
    // What was switched for that is as it was, and no route stays.
    expect((await lab.node.run('cat', '/proc/sys/net/ipv6/conf/lan0/ndisc_notify')).trim()).toBe('0');
    expect(await lab.node.run('ip', 'route')).not.toContain('192.0.0.8');
  });

  it('an IPv6 address that a neighbour has is told', async () => {
    const network = await put(balancer('six', { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack', loadBalancerIP: 'FD98:0::241' }));
    expect(ips(network, 'six')).toEqual([]);
    expect(problems()).toEqual([expect.stringContaining('fd98::241 is answered by')]);
  });

  it('a restart keeps addresses, and no packet is lost meanwhile', async () => {
    const network = await put(balancer('kept'));
    const [ip = ''] = ips(network, 'kept');
    const before = await lab.node.run('ip', '-o', 'addr', 'show', 'dev', 'lan0');
    const clients = askTcp(client, { host: ip, port: 80, count: 300 });
    work.unsubscribe();
    outputs = [];
    work = start();
    expect(ips(await synced(), 'kept')).toEqual([ip]);
    expect((await clients).filter((answer) => answer !== 'one 198.51.100.2')).toEqual([]);
    expect(await lab.node.run('ip', '-o', 'addr', 'show', 'dev', 'lan0')).toBe(before);
  });

  it('a full pool leaves a Service pending and working otherwise', async () => {
    const names = Array.from({ length: 3 }, (_, i) => `all${i}`);
    const network = await put(...names.map((name) => balancer(name)));
    const pending = names.filter((name) => ips(network, name).length === 0);
    expect(pending).toEqual([]);
    const more = await put(...[...names, 'late'].map((name) => balancer(name)));
    expect(names.map((name) => ips(more, name))).toEqual(names.map((name) => ips(network, name)));
    expect(problems()).toEqual(['AllocationFailed: Failed to allocate IP for "default/late": no available IPs']);
    const late = more.services.find(({ metadata }) => metadata.name === 'late')!;
    expect(late.status).toEqual({ loadBalancer: {} });
    expect(await askTcp(lab.node, { host: late.spec.clusterIP!, port: 80 })).toEqual([expect.stringMatching(/^one /)]);
  });

  it('an address of a network that nobody has is announced at the interface that is named', async () => {
    const nowhere = await announcer().probe(['203.0.113.1'], { signal });
    expect(nowhere.waiting.get('203.0.113.1')).toContain('is in no network of this machine; --service-load-balancer-interface names');
    await camera.run('ip', 'addr', 'add', '203.0.113.2/32', 'dev', 'eth0');
    const there = announcer('lan0');
    expect([...(await there.probe(['203.0.113.1', '203.0.113.2'], { signal })).faults]).toEqual([
      ['203.0.113.2', expect.stringMatching(/^is answered by .* at lan0$/)],
    ]);
    expect([...(await announcer('lan7').probe(['203.0.113.1'], { signal })).waiting]).toEqual([
      ['203.0.113.1', 'has no place: this machine has no interface lan7'],
    ]);
    const kept = Object.keys((JSON.parse(await readFile(join(directory, 'addresses.json'), 'utf8')) as { addresses: object }).addresses);
    await there.announce(['203.0.113.1'], { signal });
    expect(await addresses()).toContain('203.0.113.1/32');
    await client.run('ip', 'route', 'add', '203.0.113.0/24', 'dev', 'eth0');
    expect(await askTcp(client, { host: '203.0.113.1', port: 8022 })).toEqual(['node 198.51.100.2']);
    await there.withdraw(kept, { signal });
    expect(await addresses()).not.toContain('203.0.113.1/32');
    expect(await lab.node.run('ip', 'route')).not.toContain('203.0.113');
  });

  it('a route that a killed kubelet left is gone after the next start', async () => {
    await lab.node.run('ip', 'route', 'add', '203.0.113.77/32', 'dev', 'lan0', 'proto', '213');
    await lab.node.run('ip', 'route', 'add', '192.0.0.8/32', 'dev', 'lan0', 'proto', '213');
    await lab.node.run('ip', '-6', 'route', 'add', 'fd99::77/128', 'dev', 'lan0', 'proto', '213');
    const ranges = await lab.node.run('ip', 'route', 'show', 'dev', 'lo');
    const nowhere = await announcer().probe(['203.0.113.77'], { signal });
    expect(nowhere.waiting.get('203.0.113.77')).toContain('is in no network of this machine');
    const left = `${await lab.node.run('ip', 'route')}${await lab.node.run('ip', '-6', 'route')}`;
    for (const address of ['203.0.113.77', '192.0.0.8', 'fd99::77']) expect(left).not.toContain(address);
    expect(await lab.node.run('ip', 'route', 'show', 'dev', 'lo')).toBe(ranges);
  });

  it('one that somebody took away by hand is no trouble when its Service goes', async () => {
    await put(
      balancer('web', { loadBalancerIP: '198.51.100.240' }),
      balancer('six', { ipFamilies: ['IPv6'], loadBalancerIP: 'fd98::240' }),
    );
    expect([...(await addresses())].sort()).toEqual(['198.51.100.240/32', 'fd98::240/128']);
    for (const address of ['198.51.100.240/32', 'fd98::240/128']) await lab.node.run('ip', 'addr', 'del', address, 'dev', 'lan0');
    // `put` fails on any trouble.
    await put();
    expect(await addresses()).toEqual([]);
    expect(JSON.parse(await readFile(join(directory, 'addresses.json'), 'utf8'))).toEqual({ version: 1, addresses: {} });
  });

  it('one that the kernel does not take is told, and the others work', async () => {
    await lab.node.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/lan0/disable_ipv6');
    try {
      const there = announcer('lan0');
      const { faults } = await there.announce(['fd98::242', '198.51.100.242'], { signal });
      expect([...faults]).toEqual([['fd98::242', expect.stringMatching(/^cannot be added: ip -6 addr add fd98::242\/128 /)]]);
      expect(await addresses()).toEqual(['198.51.100.242/32']);
      expect(await askTcp(client, { host: '198.51.100.242', port: 8022 })).toEqual(['node 198.51.100.2']);
      await there.withdraw([], { signal });
      expect(await addresses()).toEqual([]);
    } finally {
      await lab.node.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv6/conf/lan0/disable_ipv6');
      await lab.node.run('ip', 'addr', 'add', 'fd98::1/64', 'dev', 'lan0', 'nodad');
    }
  });

  it('on a link without a carrier what was given stays, nothing new is given, and its neighbours are told once there are some', async () => {
    const wanted = ['198.51.100.240', 'fd98::240'];
    const look = async (device?: string) => {
      const there = announcer(device);
      const probed = await there.probe([...wanted, '198.51.100.243', 'fd98::243'], { signal });
      const given = await there.announce(wanted, { signal });
      return { faults: [...probed.faults, ...given.faults], waiting: [...probed.waiting.keys()], isDone: given.isDone };
    };
    expect(await look()).toEqual({ faults: [], waiting: [], isDone: true });
    await lan.run('ip', 'link', 'set', 'node', 'down');
    try {
      const dead = ['198.51.100.243', 'fd98::243'];
      expect(await look()).toEqual({ faults: [], waiting: dead, isDone: true });
      expect(await look('lan0')).toEqual({ faults: [], waiting: dead, isDone: true });
      expect([...(await addresses())].sort()).toEqual(['198.51.100.240/32', 'fd98::240/128']);
      // As after a start with the cable out: what the kernel has not made sure of yet is no fault.
      const file = join(directory, 'addresses.json');
      await lab.node.run('ip', 'addr', 'del', 'fd98::240/128', 'dev', 'lan0');
      await lab.node.run('ip', 'addr', 'add', 'fd98::240/128', 'dev', 'lan0', 'preferred_lft', '0');
      const record = JSON.parse(await readFile(file, 'utf8')) as object;
      await writeFile(file, JSON.stringify({ ...record, untold: wanted }));
      expect(await look()).toEqual({ faults: [], waiting: dead, isDone: false });
      for (const ip of wanted) await client.run('ip', 'neigh', 'replace', ip, 'dev', 'eth0', 'lladdr', '02:00:00:00:00:99', 'nud', 'stale');
    } finally {
      await lan.run('ip', 'link', 'set', 'node', 'up');
    }
    await waitFor(async () => (await lab.node.run('ip', 'link', 'show', 'dev', 'lan0')).includes('LOWER_UP') || undefined, {
      what: 'the link',
      timeoutMs: 10_000,
    });
    expect(await look()).toEqual({ faults: [], waiting: [], isDone: true });
    const [, mac = ''] = /link\/ether (\S+)/.exec(await lab.node.run('ip', '-o', 'link', 'show', 'dev', 'lan0')) ?? [];
    const known = await client.run('ip', 'neigh', 'show', 'dev', 'eth0');
    for (const ip of wanted) expect(known).toContain(`${ip} lladdr ${mac}`);
    await announcer().withdraw([], { signal });
    expect(await addresses()).toEqual([]);
  });

  it('at an interface that is down nothing is given, and nothing fails', async () => {
    await lab.node.run('ip', 'link', 'add', 'spare', 'type', 'veth', 'peer', 'name', 'spare-end');
    await lab.node.run('ip', 'link', 'set', 'spare-end', 'up');
    try {
      const there = announcer('spare');
      const probed = await there.probe(['203.0.113.9', 'fd99::9'], { signal });
      expect([...probed.waiting.values()]).toEqual(Array(2).fill('cannot be asked for: spare is down'));
      const { faults, waiting } = await there.announce(['203.0.113.9', 'fd99::9'], { signal });
      expect([...faults]).toEqual([]);
      expect([...waiting.values()]).toEqual(Array(2).fill('cannot be given: spare is down'));
      // One that was given before it went down is there, and is not given twice.
      await lab.node.run('ip', 'link', 'set', 'spare', 'up');
      expect(await there.announce(['203.0.113.9'], { signal })).toMatchObject({ isDone: true });
      await lab.node.run('ip', 'link', 'set', 'spare', 'down');
      expect([...(await announcer('spare').probe(['203.0.113.9'], { signal })).faults]).toEqual([]);
      expect([...(await announcer('spare').announce(['203.0.113.9'], { signal })).faults]).toEqual([]);
      await there.withdraw([], { signal });
    } finally {
      await lab.node.run('ip', 'link', 'del', 'spare');
    }
  });

  it('ndisc_notify that a killed kubelet left on is off after the next start', async () => {
    const switchOf = '/proc/sys/net/ipv6/conf/lan0/ndisc_notify';
    await lab.node.run('sh', '-c', `echo 1 > ${switchOf}`);
    await writeFile(join(directory, 'addresses.json'), JSON.stringify({ version: 1, addresses: {}, notifying: ['lan0'] }));
    await announcer().withdraw([], { signal });
    expect((await lab.node.run('cat', switchOf)).trim()).toBe('0');
    // The owner's own wish stays.
    await lab.node.run('sh', '-c', `echo 1 > ${switchOf}`);
    const there = announcer();
    expect(await there.announce(['fd98::240'], { signal })).toMatchObject({ isDone: true });
    await there.withdraw([], { signal });
    expect((await lab.node.run('cat', switchOf)).trim()).toBe('1');
    await lab.node.run('sh', '-c', `echo 0 > ${switchOf}`);
  });

  it('with the Service its address goes, and at the end nothing is left', async () => {
    await put(balancer('web', { loadBalancerIP: '198.51.100.240' }), balancer('other', { loadBalancerIP: '198.51.100.243' }));
    await put(balancer('other', { loadBalancerIP: '198.51.100.243' }));
    expect(await addresses()).toEqual(['198.51.100.243/32']);
    expect(await askTcp(client, { host: '198.51.100.240', port: 80, waitMs: 1_000 })).toEqual([
      expect.stringMatching(/timeout|EHOSTUNREACH/),
    ]);
    work.unsubscribe();
    await announcer().withdraw([], { signal });
    await nftApplier({ run: lab.run }).removeAll('lab', ['10.96.0.0/16', 'fd00:10:96::/112'], { signal });
    expect(await addresses()).toEqual([]);
    expect(JSON.parse(await readFile(join(directory, 'addresses.json'), 'utf8'))).toEqual({ version: 1, addresses: {} });
    expect(await lab.node.run('nft', 'list', 'ruleset')).toBe('');
  });
});
