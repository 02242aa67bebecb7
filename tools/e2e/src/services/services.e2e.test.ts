import { emptyObjectStore, type ObjectStore } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObject, type ServiceSpec } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { parseIpRange } from '@solo-kubelet/service-network';
import { createServiceNetwork, nftApplier, readListeners, type ServiceNetworkOutput } from '@solo-kubelet/service-network/rx';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { asyncScheduler, BehaviorSubject, of, type Subscription } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labFault } from '../../cni/lab.js';
import { askTcp, askUdp, type LabHost, type ServiceLab, shownPod, startServiceLab } from './service-lab.js';

const fault = await labFault();
if (fault !== undefined) console.log(`services.e2e.test.ts is skipped: ${fault}`);

const service = (name: string, spec: ServiceSpec): ApiObject => {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default', uid: name }, spec });
  const result = parseObject(text, { path: `${name}.json` });
  if (!result.ok) throw new Error(result.message);
  return result.object;
};

const HTTP = [{ name: 'http', port: 80, targetPort: 8080 }];
const SELECTOR = { app: 'web' };

describe.skipIf(fault !== undefined)('Services in the kernel', () => {
  let lab: ServiceLab;
  let one: LabHost;
  let two: LabHost;
  const objects$ = new BehaviorSubject<ObjectStore>({ ...emptyObjectStore, syncedSources: new Set(['file:x']) });
  const pods$ = new BehaviorSubject<ReadonlyMap<string, { readonly pod: Pod; readonly terminating: boolean }>>(new Map());
  const outputs: ServiceNetworkOutput[] = [];
  let work: Subscription;

  const start = (): Subscription =>
    createServiceNetwork({
      settings: {
        ranges: [parseIpRange('10.96.0.0/16')!, parseIpRange('fd00:10:96::/112')!],
        nodePorts: { from: 30_000, to: 32_767 },
        clusterDomain: 'cluster.local',
        owner: 'lab',
      },
      store: { load: async () => new Map(), save: async () => {} },
      record: new Map(),
      applier: nftApplier({ run: lab.run }),
      listeners: () => readListeners('/nowhere'),
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

  const putInForce = async (services: readonly ApiObject[], pods: readonly Pod[], slices: readonly ApiObject[] = []): Promise<void> => {
    const before = outputs.length;
    objects$.next({
      ...objects$.value,
      byKind: new Map([
        ['Service', new Map(services.map((one) => [`default/${one.metadata.name}`, one]))],
        ['EndpointSlice', new Map(slices.map((one) => [`default/${one.metadata.name}`, one]))],
      ]),
    });
    pods$.next(new Map(pods.map((pod) => [pod.metadata.uid!, { pod, terminating: false }])));
    await waitFor(async () => outputs.slice(before).some(({ type }) => type === 'applied' || type === 'trouble') || undefined, {
      what: 'the rules to be in force',
      timeoutMs: 30_000,
    });
    expect(outputs.slice(before).filter(({ type }) => type === 'trouble')).toEqual([]);
  };
  const ruleset = (): Promise<string> => lab.node.run('nft', 'list', 'ruleset');
  const show = (place: number): Pod => shownPod(`p${place}`, [`10.77.0.${place}`, `fd77::${place}`]);

  beforeAll(async () => {
    lab = await startServiceLab();
    one = await lab.pod(11);
    two = await lab.pod(12);
    await lab.serve(one, 'one', [8080, 53]);
    await lab.serve(two, 'two', [8080, 53]);
    work = start();
  }, 120_000);
  afterAll(async () => {
    work?.unsubscribe();
    await lab?.[Symbol.asyncDispose]();
  });

  it('pods, the node and others reach both endpoints of a cluster address; client addresses stay', async () => {
    await putInForce([service('web', { clusterIP: '10.96.0.100', selector: SELECTOR, ports: HTTP })], [show(11), show(12)]);
    const answers = await askTcp(one.netns, { host: '10.96.0.100', port: 80, count: 40 });
    expect(new Set(answers)).toEqual(new Set([`one 10.77.0.1`, 'two 10.77.0.11']));
    expect(new Set(await askTcp(lab.node, { host: '10.96.0.100', port: 80, count: 40 }))).toEqual(
      new Set(['one 10.77.0.1', 'two 10.77.0.1']),
    );
    expect(new Set(await askTcp(lab.outsider.netns, { host: '10.96.0.100', port: 80, count: 40 }))).toEqual(
      new Set(['one 192.0.2.2', 'two 192.0.2.2']),
    );
  });

  it('an undefined port of a cluster address is refused, as is a Service without endpoints', async () => {
    await putInForce(
      [
        service('web', { clusterIP: '10.96.0.100', selector: SELECTOR, ports: HTTP }),
        service('empty', { clusterIP: '10.96.0.101', selector: { app: 'none' }, ports: HTTP, type: 'NodePort' }),
      ],
      [show(11)],
    );
    expect(await askTcp(one.netns, { host: '10.96.0.100', port: 81 })).toEqual(['ECONNREFUSED']);
    expect(await askTcp(one.netns, { host: '10.96.0.101', port: 80, count: 12 })).toEqual(Array(12).fill('ECONNREFUSED'));
    expect(await askTcp(lab.node, { host: '10.96.0.101', port: 80 })).toEqual(['ECONNREFUSED']);
    expect(await askUdp(one.netns, { host: '10.96.0.101', port: 80 })).toEqual(['ECONNREFUSED']);
  });

  it('a node port works from outside and from pods', async () => {
    await putInForce(
      [service('web', { type: 'NodePort', selector: SELECTOR, ports: [{ ...HTTP[0]!, nodePort: 30_080 }] })],
      [show(11), show(12)],
    );
    expect(new Set(await askTcp(lab.outsider.netns, { host: lab.nodeIp, port: 30_080, count: 30 }))).toEqual(
      new Set(['one 192.0.2.2', 'two 192.0.2.2']),
    );
    expect(await askTcp(one.netns, { host: lab.nodeIp, port: 30_080, count: 3 })).not.toContain('timeout');
    expect(await askTcp(lab.node, { host: lab.nodeIp, port: 30_080 })).not.toContain('ECONNREFUSED');
  });

  it('a load balancer has the node address and lets in only its source ranges', async () => {
    const balanced = (ranges: readonly string[]): ApiObject =>
      service('web', { type: 'LoadBalancer', selector: SELECTOR, ports: HTTP, loadBalancerSourceRanges: ranges });
    await putInForce([balanced([])], [show(11)]);
    expect(await askTcp(lab.outsider.netns, { host: lab.nodeIp, port: 80 })).toEqual(['one 192.0.2.2']);
    await putInForce([balanced(['198.51.100.0/24'])], [show(11)]);
    expect(await askTcp(lab.outsider.netns, { host: lab.nodeIp, port: 80, waitMs: 1_500 })).toEqual(['timeout']);
  });

  it('a client stays with its pod under affinity', async () => {
    await putInForce(
      [
        service('web', {
          clusterIP: '10.96.0.100',
          selector: SELECTOR,
          ports: HTTP,
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
        }),
      ],
      [show(11), show(12)],
    );
    const answers = await askTcp(lab.outsider.netns, { host: '10.96.0.100', port: 80, count: 20 });
    expect(new Set(answers).size).toBe(1);
  });

  it('IPv6 works as IPv4 does', async () => {
    await putInForce(
      [
        service('web', {
          ipFamilyPolicy: 'RequireDualStack',
          clusterIPs: ['10.96.0.100', 'fd00:10:96::100'],
          clusterIP: '10.96.0.100',
          selector: SELECTOR,
          ports: HTTP,
        }),
      ],
      [show(11), show(12)],
    );
    const answers = await askTcp(one.netns, { host: 'fd00:10:96::100', port: 80, count: 40 });
    expect(new Set(answers.map((answer) => answer.split(' ')[0]))).toEqual(new Set(['one', 'two']));
  });

  it('datagrams of one socket go to the new pod once theirs has gone', async () => {
    const dns = service('dns', { clusterIP: '10.96.0.10', selector: SELECTOR, ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] });
    await putInForce([dns], [show(11)]);
    expect(await askUdp(lab.outsider.netns, { host: '10.96.0.10', port: 53, from: 4_000 })).toEqual(['one 192.0.2.2']);
    await putInForce([dns], [show(12)]);
    expect(await askUdp(lab.outsider.netns, { host: '10.96.0.10', port: 53, from: 4_000 })).toEqual(['two 192.0.2.2']);
  });

  it('no connection fails while endpoints come and go', async () => {
    const web = service('web', { clusterIP: '10.96.0.100', selector: SELECTOR, ports: HTTP });
    await putInForce([web], [show(11), show(12)]);
    const clients = Promise.all(
      [lab.outsider.netns, lab.node, one.netns].map((netns) => askTcp(netns, { host: '10.96.0.100', port: 80, count: 400 })),
    );
    let done = false;
    void clients.finally(() => {
      done = true;
    });
    for (let i = 0; !done; i++) await putInForce([web], i % 2 === 0 ? [show(11)] : [show(12), show(11)]);
    const answers = (await clients).flat();
    expect(answers).toHaveLength(1_200);
    expect(answers.filter((answer) => !/^(one|two) /.test(answer))).toEqual([]);
  });

  it('a restart changes no rule, and removal leaves none but those of others', async () => {
    await lab.node.run(
      'nft',
      'add table inet others; add chain inet others c; add rule inet others c counter comment "of another program"',
    );
    const others = await ruleset().then((text) => text.slice(text.indexOf('table inet others')).trim());
    const web = service('web', { clusterIP: '10.96.0.100', selector: SELECTOR, ports: HTTP });
    // Whatever the test before left: the next one is a change.
    await putInForce([service('first', { clusterIP: '10.96.0.8', selector: SELECTOR, ports: HTTP })], [show(11)]);
    await putInForce([web], [show(11), show(12)]);
    const before = await lab.node.run('nft', '-a', 'list', 'ruleset');
    work.unsubscribe();
    const seen = outputs.length;
    work = start();
    await waitFor(async () => outputs.slice(seen).some(({ type }) => type === 'network') || undefined, {
      what: 'the restart',
      timeoutMs: 30_000,
    });
    await putInForce([web, service('other', { clusterIP: '10.96.0.9', selector: SELECTOR, ports: HTTP })], [show(11), show(12)]);
    await putInForce([web], [show(11), show(12)]);
    const handles = (text: string): readonly string[] => text.split('\n').filter((line) => /chain (nat|refuse|source)-.*handle/.test(line));
    expect(handles(await lab.node.run('nft', '-a', 'list', 'ruleset'))).toEqual(handles(before));
    expect(handles(before).length).toBeGreaterThan(10);
    work.unsubscribe();
    await nftApplier({ run: lab.run }).removeAll('lab', ['10.96.0.0/16', 'fd00:10:96::/112'], { signal: new AbortController().signal });
    expect((await ruleset()).trim()).toBe(others);
    expect(await lab.node.run('ip', 'route')).not.toContain('10.96.');
  });
});
