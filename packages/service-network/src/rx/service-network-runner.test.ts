import { emptyObjectStore, type ObjectStore } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObject } from '@solo-kubelet/object-spec';
import { BehaviorSubject, NEVER, startWith, VirtualTimeScheduler } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { parseAddressPool } from '../core/address-pool.js';
import type { Allocation, Allocations } from '../core/allocate-services.js';
import { parseIpRange } from '../core/ip-range.js';
import { type NftTable, tableFingerprint } from '../core/nft-table.js';
import { policyTableName } from '../core/policy-table.js';
import { serviceTableName } from '../core/service-table.js';
import { textHash } from '../core/text-hash.js';
import type { AllocationStore } from './allocation-store.js';
import type { AddressAnnouncer, AddressLook } from './announce-addresses.js';
import type { TableApplier } from './apply-tables.js';
import { createServiceNetwork, type SeenPod, type ServiceNetworkOutput } from './service-network-runner.js';

const SECOND = 1_000;
const POLICIES = `ip ${policyTableName('test')}`;
const SERVICES = `ip ${serviceTableName('test')}`;

const object = (kind: string, name: string, spec: object): ApiObject => {
  const apiVersion = kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'v1';
  const result = parseObject(JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'default', uid: name }, spec }), {
    path: `${name}.json`,
  });
  if (!result.ok) throw new Error(result.message);
  return result.object;
};
const balancer = (name: string): ApiObject => object('Service', name, { type: 'LoadBalancer', ports: [{ port: 80 }] });
const policy = (name: string): ApiObject => object('NetworkPolicy', name, { podSelector: { matchLabels: { app: name } } });
/** Where objects come from; all of them were read unless a test says otherwise. */
const BOTH: ReadonlySet<string> = new Set(['file', 'url']);
const storeOf = (objects: readonly ApiObject[], read = BOTH): ObjectStore => {
  const byKind = new Map<string, Map<string, ApiObject>>();
  for (const one of objects) byKind.set(one.kind, (byKind.get(one.kind) ?? new Map()).set(`default/${one.metadata.name}`, one));
  return {
    ...emptyObjectStore,
    byKind: byKind as unknown as ObjectStore['byKind'],
    syncedSources: new Set([...read].map((source) => `${source}:x`)),
  };
};
/** A Pod that is ready, whose label `app` is its name. */
const podOf = (name: string, ip: string): SeenPod =>
  ({
    pod: {
      metadata: { name, namespace: 'default', uid: name, labels: { app: name } },
      spec: { containers: [] },
      status: { phase: 'Running', podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
    },
    terminating: false,
  }) as unknown as SeenPod;
const nameOf = ({ family, name }: Pick<NftTable, 'family' | 'name'>): string => `${family} ${name}`;

const HAD: Allocation = {
  clusterIPs: ['10.96.0.77'],
  nodePorts: { 'TCP/80': 30_100 },
  healthCheckNodePort: 30_200,
  loadBalancerIPs: ['192.0.2.7'],
};

const ALL_FREE: AddressLook = { faults: new Map(), waiting: new Map() };
const lookOf = (kind: 'faults' | 'waiting', addresses: readonly string[], why: string): AddressLook => ({
  ...ALL_FREE,
  [kind]: new Map(addresses.map((address) => [address, why])),
});

/** A kernel that keeps fingerprints, and neighbours that answer as they are told to; time goes by only while it is told to. */
const start = (pool = ['192.0.2.1-192.0.2.40'], had: Allocations = new Map()) => {
  const scheduler = new VirtualTimeScheduler();
  const node$ = new BehaviorSubject({ name: 'node', addresses: ['198.51.100.1'] });
  const objects$ = new BehaviorSubject<ObjectStore>(storeOf([]));
  const kernel = new Map<string, string>();
  const calls: string[] = [];
  const applier: TableApplier = {
    isInForce: async (table) => kernel.get(nameOf(table)) === tableFingerprint(table),
    apply: vi.fn<TableApplier['apply']>(async (previous, next) => {
      if (previous === next) return 'same';
      // As nft: a change of what is not there as it was is refused.
      if (previous !== undefined && kernel.get(nameOf(next)) !== tableFingerprint(previous)) throw new Error(`stale ${nameOf(next)}`);
      kernel.set(nameOf(next), tableFingerprint(next));
      calls.push(`apply ${nameOf(next)}`);
      return previous === undefined ? 'replaced' : 'changed';
    }),
    remove: async (table) => {
      if (kernel.delete(nameOf(table))) calls.push(`remove ${nameOf(table)}`);
    },
    removeAll: async () => {},
    forget: async () => undefined,
    ensureRoute: async () => {},
  };
  const announcer = {
    held: vi.fn<AddressAnnouncer['held']>(async () => new Set()),
    probe: vi.fn<AddressAnnouncer['probe']>(async () => ALL_FREE),
    withdraw: vi.fn<AddressAnnouncer['withdraw']>(async () => {}),
    announce: vi.fn<AddressAnnouncer['announce']>(async (addresses) => {
      calls.push(`announce ${addresses.join()}`);
      return { ...ALL_FREE, isDone: true };
    }),
  };
  const save = vi.fn<AllocationStore['save']>(async () => {});
  const parsed = parseAddressPool(pool);
  if ('error' in parsed) throw new Error(parsed.error);
  const outputs: ServiceNetworkOutput[] = [];
  const pods$ = new BehaviorSubject<ReadonlyMap<string, SeenPod>>(new Map());
  const runner = createServiceNetwork({
    settings: {
      ranges: [parseIpRange('10.96.0.0/16')!],
      nodePorts: { from: 30_000, to: 32_767 },
      clusterDomain: 'cluster.local',
      owner: 'test',
      pool: parsed,
    },
    store: { load: async () => had, save },
    record: had,
    applier,
    announcer,
    listeners: async () => new Set(),
    scheduler,
  });
  const running = runner
    .run({
      objects$,
      sources: [...BOTH].map((source) => ({ source, path: 'x' })),
      pods$,
      known$: NEVER.pipe(startWith(true)),
      node$,
    })
    .subscribe((output) => outputs.push(output));
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number): Promise<void> => {
    const endMs = scheduler.now() + ms;
    await turns();
    for (;;) {
      const due = scheduler.actions.map(({ delay }) => delay).filter((atMs) => atMs <= endMs);
      scheduler.maxFrames = due.length === 0 ? endMs : Math.min(...due);
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
      await turns();
      if (due.length === 0) return;
    }
  };
  const network = () => outputs.findLast((one) => one.type === 'network')!.network;
  return {
    applier: vi.mocked(applier),
    announcer,
    calls,
    kernel,
    pass,
    put: (...objects: readonly ApiObject[]) => objects$.next(storeOf(objects)),
    /** As long as only one of the sources was read. */
    putEarly: (...objects: readonly ApiObject[]) => objects$.next(storeOf(objects, new Set(['file']))),
    save,
    node$,
    end: () => running.unsubscribe(),
    run: (...pods: readonly string[]) => pods$.next(new Map(pods.map((name, i) => [name, podOf(name, `10.0.0.${i + 1}`)]))),
    variables: (links = true) => Object.fromEntries(runner.variables('default', links)),
    network,
    ips: (name: string) =>
      network()
        .parts.get(`default/${name}`)
        ?.service.status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? [],
    problems: () => outputs.flatMap((one) => (one.type === 'problem' ? [one.problem.message] : [])),
    troubles: () => outputs.flatMap((one) => (one.type === 'trouble' ? [`${one.what}: ${one.message}`] : [])),
    /** Whether the kernel has just what is wanted. */
    inForce: () => {
      const tables = [...network().policyTables, ...network().tables];
      expect([...kernel].sort()).toEqual(tables.map((table) => [nameOf(table), tableFingerprint(table)]).sort());
    },
  };
};

/** A promise, and what settles it. */
const later = <T>() => {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

it('rules are in force while neighbours are still being asked, without the addresses that they are asked for', async () => {
  const services = start();
  await services.pass(SECOND);
  services.calls.length = 0;
  const asked = later<AddressLook>();
  services.announcer.probe.mockImplementationOnce(() => asked.promise);
  services.put(balancer('web'), policy('a'));
  await services.pass(SECOND);
  expect(services.calls).toEqual([`apply ${POLICIES}`, `apply ${SERVICES}`]);
  expect(services.save).toHaveBeenCalled();
  services.inForce();
  expect(services.ips('web')).toEqual([]);
  asked.resolve(ALL_FREE);
  await services.pass(SECOND);
  const [ip] = services.ips('web');
  expect(services.calls.slice(2)).toEqual([`apply ${SERVICES}`, `announce ${ip}`]);
  services.inForce();

  // Nor does what goes wait for what comes.
  const again = later<AddressLook>();
  services.announcer.probe.mockImplementationOnce(() => again.promise);
  services.put(balancer('web'), balancer('other'));
  await services.pass(SECOND);
  services.inForce();
  expect(services.kernel.has(POLICIES)).toBe(false);
  expect(services.ips('web')).toEqual([ip]);
  again.resolve(ALL_FREE);
  await services.pass(SECOND);
  services.inForce();
  expect(services.troubles()).toEqual([]);
  // Each table was made of what the kernel had; no change was made twice.
  expect(services.calls.filter((call) => call.startsWith('apply'))).toHaveLength(5);
});

it('rules follow Pods while neighbours are asked, and what they answer is of then', async () => {
  const services = start();
  const asked = later<AddressLook>();
  services.announcer.probe.mockImplementationOnce(() => asked.promise);
  const plain = object('Service', 'plain', { selector: { app: 'b' }, ports: [{ port: 80 }] });
  services.put(balancer('web'), balancer('gone'), plain);
  await services.pass(SECOND);
  const [inQuestion] = services.announcer.probe.mock.calls[0]!;
  expect(inQuestion).toHaveLength(2);
  const endpoints = () =>
    services
      .network()
      .slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'plain')
      .flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses));
  services.run('a', 'b');
  await services.pass(SECOND);
  expect(endpoints()).toEqual(['10.0.0.2']);
  services.inForce();
  // One of those that are asked for is nobody's any more.
  services.put(balancer('web'), plain);
  services.run('b');
  await services.pass(SECOND);
  expect(endpoints()).toEqual(['10.0.0.1']);
  services.inForce();
  // Nobody else is asked meanwhile, nor is anything given, though it is looked whether the rules are there.
  await services.pass(130 * SECOND);
  expect(services.announcer.probe).toHaveBeenCalledTimes(1);
  expect(services.announcer.announce).not.toHaveBeenCalled();
  asked.resolve(ALL_FREE);
  await services.pass(SECOND);
  expect(services.announcer.announce.mock.calls.map(([addresses]) => addresses)).toEqual([services.ips('web')]);
  services.inForce();
  expect(services.troubles()).toEqual([]);
});

it('one that somebody has is in force at no moment, whatever changes while he is asked', async () => {
  const services = start(['192.0.2.1-192.0.2.2']);
  const asked = later<AddressLook>();
  services.announcer.probe.mockImplementationOnce(() => asked.promise);
  services.put(balancer('web'));
  await services.pass(SECOND);
  const [[first = '']] = [services.announcer.probe.mock.calls[0]![0]];
  services.run('a');
  await services.pass(SECOND);
  asked.resolve(lookOf('faults', [first], 'is answered by 02:00:00:00:00:01 at eth0'));
  await services.pass(SECOND);
  const [ip = ''] = services.ips('web');
  expect(['192.0.2.1', '192.0.2.2'].filter((one) => one !== first)).toEqual([ip]);
  for (const [, table] of services.applier.apply.mock.calls)
    for (const key of [...table.sets.values()].flatMap(({ elements }) => [...(elements?.keys() ?? [])])) expect(key).not.toContain(first);
  services.inForce();
});

it('whoever ends while neighbours are asked asks no more, and takes no answer', async () => {
  const services = start();
  const asked = later<AddressLook>();
  let isEnded = false;
  services.announcer.probe.mockImplementationOnce((_, { signal }) => {
    signal.addEventListener('abort', () => {
      isEnded = true;
    });
    return asked.promise;
  });
  services.put(balancer('web'));
  await services.pass(SECOND);
  services.end();
  expect(isEnded).toBe(true);
  const calls = services.calls.length;
  asked.resolve(ALL_FREE);
  await services.pass(SECOND);
  expect(services.calls).toHaveLength(calls);
});

it('an address that a container was told stays its Service’s, whoever is read later', async () => {
  const plain = (name: string): ApiObject => object('Service', name, { ports: [{ port: 80 }] });
  const alone = async (name: string): Promise<string | undefined> => {
    const services = start();
    services.put(plain(name));
    await services.pass(SECOND);
    return services.network().services[0]?.spec.clusterIP;
  };
  // One whose name leads to the same place, and who comes first of both.
  const places = 65_535 - 257;
  const place = textHash('default/web') % places;
  const rival = Array.from({ length: 1_000_000 }, (_, i) => `a${i}`).find((name) => textHash(`default/${name}`) % places === place)!;
  expect(await alone(rival)).toBe(await alone('web'));
  const services = start();
  services.putEarly(plain('web'));
  await services.pass(SECOND);
  // Who is told nothing holds nothing.
  expect(services.variables(false)).toEqual({});
  const { WEB_SERVICE_HOST: ip = '' } = services.variables();
  services.put(plain(rival), plain('web'));
  await services.pass(SECOND);
  expect(services.variables()).toMatchObject({ WEB_SERVICE_HOST: ip });
  services.put(plain(rival), plain('web'), object('Service', 'wish', { clusterIP: ip, ports: [{ port: 80 }] }));
  await services.pass(SECOND);
  // A number that somebody asks for is his, as at any other time.
  expect(services.variables()).toMatchObject({ WISH_SERVICE_HOST: ip });
  expect(services.save.mock.lastCall![0].get('default/web')?.clusterIPs).not.toContain(ip);
});

it('an address of an earlier process that the machine has is in force from the first moment', async () => {
  const services = start(['192.0.2.7'], new Map([['default/old', HAD]]));
  services.announcer.held.mockResolvedValue(new Set(['192.0.2.7']));
  services.put(balancer('old'));
  await services.pass(SECOND);
  expect(services.ips('old')).toEqual(['192.0.2.7']);
  expect(services.announcer.probe).not.toHaveBeenCalled();
  expect(services.calls).toEqual([`apply ${SERVICES}`, 'announce 192.0.2.7']);
});

it('an address that cannot be looked for stays its Service’s, which is told of once, and is looked for again', async () => {
  const services = start(['192.0.2.1-192.0.2.40'], new Map([['default/old', HAD]]));
  services.announcer.probe.mockImplementation(async (addresses) => lookOf('waiting', addresses, 'is in no network of this machine now'));
  services.put(balancer('old'));
  await services.pass(SECOND);
  expect(services.ips('old')).toEqual([]);
  expect(services.save.mock.lastCall![0].get('default/old')).toMatchObject({ loadBalancerIPs: ['192.0.2.7'] });
  await services.pass(60 * SECOND);
  expect(services.problems()).toEqual(['192.0.2.7 is in no network of this machine now; looking again']);
  expect(services.announcer.announce).not.toHaveBeenCalled();
  expect(services.announcer.probe.mock.calls.map(([addresses]) => addresses)).toEqual(Array(5).fill(['192.0.2.7']));
  // Each change of something else is no reason to ask.
  services.put(balancer('old'), policy('a'));
  await services.pass(SECOND);
  expect(services.announcer.probe).toHaveBeenCalledTimes(5);
  services.announcer.probe.mockImplementation(async () => ALL_FREE);
  services.node$.next({ name: 'node', addresses: ['198.51.100.1', '192.0.2.99'] });
  await services.pass(SECOND);
  expect(services.ips('old')).toEqual(['192.0.2.7']);
  expect(services.calls.filter((call) => call.startsWith('announce'))).toEqual(['announce 192.0.2.7']);
  services.inForce();
});

it('what is in force is written down before anybody is asked, so that whoever comes after a kill takes back what the question left', async () => {
  const services = start();
  services.announcer.probe.mockImplementation(async () => {
    expect(services.save.mock.lastCall?.[0].has('default/web')).toBe(true);
    return ALL_FREE;
  });
  services.put(balancer('web'));
  await services.pass(SECOND);
  expect(services.announcer.announce).toHaveBeenCalledTimes(1);
  expect(services.troubles()).toEqual([]);
});

it('of many no more than sixteen are asked for at once', async () => {
  const services = start();
  services.put(...Array.from({ length: 40 }, (_, i) => balancer(`s${i}`)));
  await services.pass(SECOND);
  expect(services.announcer.probe.mock.calls.map(([addresses]) => addresses.length)).toEqual([16, 16, 8]);
  expect(services.calls.filter((call) => call.startsWith('announce'))).toHaveLength(3);
  for (let i = 0; i < 40; i++) expect(services.ips(`s${i}`)).toHaveLength(1);
});

it('who answers for the whole pool is not asked for all of it, nor for much of it later', async () => {
  const services = start(['10.0.0.0/16']);
  let asked = 0;
  services.announcer.probe.mockImplementation(async (addresses) => {
    asked += addresses.length;
    return lookOf('faults', addresses, 'is answered by 02:00:00:00:00:01 at eth0');
  });
  services.put(balancer('a'), balancer('b'), balancer('c'));
  await services.pass(10 * SECOND);
  expect(asked).toBeGreaterThanOrEqual(256);
  expect(asked).toBeLessThan(256 + 16);
  expect(services.problems()).toContainEqual(
    expect.stringMatching(
      /^Failed to allocate IP for "default\/a": no available IPs: the node cannot have any of 25\d that were looked at$/,
    ),
  );
  const before = asked;
  await services.pass(120 * SECOND);
  expect(asked).toBe(before + 16);
  // Once it is gone, a look finds that.
  services.announcer.probe.mockImplementation(async () => ALL_FREE);
  await services.pass(121 * SECOND);
  expect(services.ips('a')).toHaveLength(1);
  services.inForce();
});

it('what is told late is told at the next look', async () => {
  const services = start();
  services.announcer.announce.mockResolvedValueOnce({ ...ALL_FREE, isDone: false });
  services.put(balancer('a'));
  await services.pass(SECOND);
  expect(services.ips('a')).toHaveLength(1);
  expect(services.announcer.announce).toHaveBeenCalledTimes(1);
  await services.pass(60 * SECOND);
  expect(services.announcer.announce).toHaveBeenCalledTimes(2);
});

it('policies that cannot be put in force are told as what they are, and tried again from nothing', async () => {
  const services = start();
  await services.pass(SECOND);
  services.applier.apply.mockRejectedValueOnce(new Error('nft: no'));
  services.put(balancer('web'), policy('a'));
  await services.pass(SECOND);
  expect(services.troubles()).toEqual(['the rules of Services cannot be put in force: nft: no']);
  expect(services.announcer.announce).not.toHaveBeenCalled();
  await services.pass(6 * SECOND);
  services.inForce();
  expect(services.announcer.announce).toHaveBeenCalledTimes(1);
});

it('an address that cannot be taken away does not stand before rules, and is tried again', async () => {
  const services = start();
  services.put(balancer('web'));
  await services.pass(SECOND);
  services.announcer.withdraw.mockRejectedValue(new Error('ip: no'));
  services.put(balancer('other'));
  await services.pass(SECOND);
  expect(new Set(services.troubles())).toEqual(new Set(['an address of a load balancer cannot be taken away: ip: no']));
  services.announcer.withdraw.mockImplementation(async () => {});
  services.inForce();
  expect([...services.network().parts.keys()]).toEqual(['default/other']);
  const before = services.announcer.withdraw.mock.calls.length;
  await services.pass(6 * SECOND);
  expect(services.announcer.withdraw.mock.calls.length).toBe(before + 1);
  await services.pass(30 * SECOND);
  expect(services.announcer.withdraw.mock.calls.length).toBe(before + 1);
});

it('nothing is given that was not looked at, however many somebody else has', async () => {
  const services = start();
  const taken = new Set<string>();
  const looked = new Set<string>();
  services.announcer.probe.mockImplementation(async (addresses) => {
    // The first twenty that are looked at are somebody's.
    for (const address of addresses) if (!looked.has(address) && looked.size < 20) taken.add(address);
    for (const address of addresses) looked.add(address);
    return lookOf(
      'faults',
      addresses.filter((address) => taken.has(address)),
      'is answered by 02:00:00:00:00:01 at eth0',
    );
  });
  const given: string[] = [];
  services.announcer.announce.mockImplementation(async (addresses) => {
    for (const address of addresses) expect(looked.has(address) && !taken.has(address), address).toBe(true);
    given.push(...addresses);
    return { ...ALL_FREE, isDone: true };
  });
  services.put(balancer('web'));
  await services.pass(SECOND);
  expect(looked.size).toBe(21);
  expect(given).toHaveLength(1);
  expect(services.network().allocated.loadBalancerIPs.get('default/web')).toEqual(given);
});

it('what was free once is not given while it cannot be looked at', async () => {
  const services = start(['192.0.2.1']);
  services.put(balancer('web'));
  await services.pass(SECOND);
  expect(services.announcer.announce).toHaveBeenCalledTimes(1);
  services.put();
  await services.pass(SECOND);
  services.announcer.probe.mockRejectedValueOnce(new Error('ip is not installed'));
  services.put(balancer('web'));
  await services.pass(SECOND);
  expect(services.troubles()).toEqual(['addresses of load balancers cannot be looked for: ip is not installed']);
  expect(services.announcer.announce).toHaveBeenCalledTimes(1);
  services.inForce();
  await services.pass(6 * SECOND);
  expect(services.announcer.announce).toHaveBeenCalledTimes(2);
});

it.each<readonly [string, object, readonly string[]]>([
  ['a cluster address', { clusterIP: '10.96.0.77' }, ['192.0.2.1-192.0.2.40']],
  ['a node port', { ports: [{ port: 80, nodePort: 30_100 }] }, ['192.0.2.1-192.0.2.40']],
  ['a port for health checks', { healthCheckNodePort: 30_200, externalTrafficPolicy: 'Local' }, ['192.0.2.1-192.0.2.40']],
  ['an address of the pool', { loadBalancerIP: '192.0.2.7' }, ['192.0.2.1-192.0.2.40']],
  ['the only address of the pool', {}, ['192.0.2.7']],
])('after a restart %s stays with the Service that had it, whichever source is read first', async (_, wish, pool) => {
  const spec = { type: 'LoadBalancer', ports: [{ port: 80 }], ...wish };
  const { healthCheckNodePort: _port, ...without } = HAD;
  const had = 'healthCheckNodePort' in wish ? HAD : without;
  const [old, other] = [object('Service', 'old', spec), object('Service', 'other', spec)];
  for (const order of [
    [old, other],
    [other, old],
  ]) {
    const services = start([...pool], new Map([['default/old', had]]));
    services.putEarly(order[0]!);
    await services.pass(SECOND);
    // Nothing of that is kept, and nobody is told what a source that comes may yet mend.
    expect(services.save).not.toHaveBeenCalled();
    expect(services.problems()).toEqual([]);
    services.put(...order);
    await services.pass(SECOND);
    const saved = services.save.mock.lastCall![0];
    expect(saved.get('default/old')).toEqual(had);
    const { clusterIPs = [], nodePorts = {}, healthCheckNodePort, loadBalancerIPs = [] } = saved.get('default/other') ?? {};
    for (const one of [...clusterIPs, ...loadBalancerIPs]) expect([...HAD.clusterIPs, ...HAD.loadBalancerIPs!]).not.toContain(one);
    for (const port of [...Object.values(nodePorts), healthCheckNodePort]) expect([30_100, 30_200]).not.toContain(port);
    expect(services.problems()).toHaveLength(1);
    expect(services.problems()[0]).toMatch(/already allocated|in use by default\/old|no available IPs/);
  }
});

it('what a Service had that is gone is free once all sources are read', async () => {
  const services = start(['192.0.2.7'], new Map([['default/old', HAD]]));
  services.putEarly(balancer('new'));
  await services.pass(SECOND);
  services.put(balancer('new'));
  await services.pass(SECOND);
  expect(services.problems()).toEqual([]);
  expect([...services.save.mock.lastCall![0]].map(([key, { loadBalancerIPs }]) => [key, loadBalancerIPs])).toEqual([
    ['default/new', ['192.0.2.7']],
  ]);
});
