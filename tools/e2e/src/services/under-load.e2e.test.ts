import { emptyObjectStore, type ObjectStore } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObject } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { parseIpRange } from '@solo-kubelet/service-network';
import { createServiceNetwork, nftApplier, type ServiceNetworkOutput, type TableApplier } from '@solo-kubelet/service-network/rx';
import { asyncScheduler, BehaviorSubject, filter, firstValueFrom, of, ReplaySubject, type Subscription, skip, timeout } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labFault } from '../../cni/lab.js';
import { type LabHost, loadTcp, type ServiceLab, shownPod, startServiceLab } from './service-lab.js';

const fault = await labFault();
if (fault !== undefined) console.log(`under-load.e2e.test.ts is skipped: ${fault}`);

/** SOLO_SERVICES_LOAD=full: what the acceptance asks for; else as much as fits into a run of all tests. */
const isFull = process.env['SOLO_SERVICES_LOAD'] === 'full';
const CONNECTIONS = isFull ? 20_000 : 2_000;
const CHANGES = isFull ? 200 : 20;
const REPLACEMENTS = isFull ? 100 : 10;
const LIMIT_MS = isFull ? 600_000 : 60_000;
const RANGE = '10.96.0.0/16';
const VIP = '10.96.0.100';
const { signal } = new AbortController();

const service = (): ApiObject => {
  const spec = { clusterIP: VIP, selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  const result = parseObject(
    JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', uid: 'web' }, spec }),
    {
      path: 'web.json',
    },
  );
  if (!result.ok) throw new Error(result.message);
  return result.object;
};

describe.skipIf(fault !== undefined)(`Services under load: ${CONNECTIONS} connections`, () => {
  let lab: ServiceLab;
  const pods: LabHost[] = [];
  let work: Subscription;
  let replaces = false;
  const store: ObjectStore = {
    ...emptyObjectStore,
    syncedSources: new Set(['file:x']),
    byKind: new Map([['Service', new Map([['default/web', service()]])]]),
  };
  const pods$ = new BehaviorSubject<ReadonlyMap<string, { readonly pod: Pod; readonly terminating: boolean }>>(new Map());
  const output$ = new ReplaySubject<ServiceNetworkOutput>(200);

  const start = (): Subscription => {
    const own = nftApplier({ run: lab.run });
    const applier: TableApplier = { ...own, apply: (previous, next, o) => own.apply(replaces ? undefined : previous, next, o) };
    return createServiceNetwork({
      settings: { ranges: [parseIpRange(RANGE)!], nodePorts: { from: 30_000, to: 32_767 }, clusterDomain: 'cluster.local', owner: 'load' },
      store: { load: async () => new Map(), save: async () => {} },
      record: new Map(),
      applier,
      listeners: async () => new Set(),
      scheduler: asyncScheduler,
    })
      .run({
        objects$: of(store),
        sources: [{ source: 'file', path: 'x' }],
        pods$,
        known$: of(true),
        node$: of({ name: 'node', addresses: [lab.nodeIp] }),
      })
      .subscribe(output$);
  };
  const show = (...places: readonly number[]): Promise<ServiceNetworkOutput> => {
    let seen = 0;
    output$.subscribe(() => seen++).unsubscribe();
    const next = firstValueFrom(
      output$.pipe(
        skip(seen),
        filter(({ type }) => type === 'applied' || type === 'trouble'),
        timeout(30_000),
      ),
    );
    pods$.next(new Map(places.map((place) => [`p${place}`, { pod: shownPod(`p${place}`, [`10.77.0.${place}`]), terminating: false }])));
    return next;
  };
  /** Opens connections from a Pod, the node and outside while `change` is called in turns. */
  const underLoad = async (
    changes: number,
    change: (i: number) => Promise<unknown>,
  ): Promise<{ readonly failed: readonly string[]; readonly made: number }> => {
    const clients = Promise.all(
      [lab.outsider.netns, lab.node, pods[0]!.netns].map((netns) =>
        loadTcp(netns, { host: VIP, port: 80, count: Math.ceil(CONNECTIONS / 3), parallel: 4 }),
      ),
    );
    for (let i = 0; i < changes; i++) await change(i);
    const answers = (await clients).flat();
    return { failed: answers.filter((answer) => !/^(one|two|three) /.test(answer)), made: answers.length };
  };
  const ENDS = [[11], [11, 12], [12], [12, 13], [11, 12, 13], [13]] as const;

  beforeAll(async () => {
    lab = await startServiceLab();
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      const pod = await lab.pod(11 + i);
      pods.push(pod);
      await lab.serve(pod, name, [8080]);
    }
    work = start();
    await show(11, 12);
  }, 60_000);
  afterAll(async () => {
    work?.unsubscribe();
    await lab?.[Symbol.asyncDispose]();
  });

  it(`${CHANGES} changes of endpoints fail no connection`, { timeout: LIMIT_MS }, async () => {
    const kinds = new Set<string>();
    const { failed, made } = await underLoad(CHANGES, async (i) => {
      const output = await show(...ENDS[i % ENDS.length]!);
      kinds.add(output.type === 'applied' ? output.how : output.type);
    });
    expect(made).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(failed).toEqual([]);
    expect([...kinds]).toEqual(['changed']);
  });

  it(`${REPLACEMENTS} replacements of the whole table fail no connection`, { timeout: LIMIT_MS }, async () => {
    replaces = true;
    const kinds = new Set<string>();
    const { failed, made } = await underLoad(REPLACEMENTS, async (i) => {
      const output = await show(...ENDS[i % ENDS.length]!);
      kinds.add(output.type === 'applied' ? output.how : output.type);
    });
    replaces = false;
    expect(made).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(failed).toEqual([]);
    expect([...kinds]).toEqual(['replaced']);
  });

  it('removal leaves no table, set, route or entry of conntrack', async () => {
    const entries = async (): Promise<string> => lab.node.run('sh', '-c', `conntrack -L -d ${RANGE} 2>/dev/null | head -n 5`);
    expect(await entries()).toContain(`dst=${VIP}`);
    work.unsubscribe();
    await nftApplier({ run: lab.run }).removeAll('load', [RANGE], { signal });
    expect(await lab.node.run('nft', 'list', 'ruleset')).toBe('');
    expect(await lab.node.run('ip', 'route', 'show', 'table', 'all', 'root', RANGE)).toBe('');
    expect(await entries()).toBe('');
  });
});
