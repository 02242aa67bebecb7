import { startApiServer } from '@solo-kubelet/api-server';
import { type ApiClient, apiPath, createApiClient, createCredentials, isNotFound, parseKubeconfig } from '@solo-kubelet/cluster-client';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { BehaviorSubject, of, Subject, type Subscription, shareReplay } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { assignedPods } from './assigned-pods.js';
import { clusterObjects } from './cluster-objects.js';
import type { NodeObject } from './core/node-patch.js';
import { mirrorPods } from './mirror-pods.js';
import { postEvents } from './post-events.js';
import { registerNode } from './register-node.js';
import { renewLease } from './renew-lease.js';
import { type ReportedPod, reportStatuses } from './report-statuses.js';

let api: ApiClient;
let server: Awaited<ReturnType<typeof startApiServer>>;
const running: Subscription[] = [];
const PODS = '/api/v1/namespaces/default/pods';

beforeEach(async () => {
  server = await startApiServer();
  const kubeconfig = parseKubeconfig(server.kubeconfig, 'config');
  api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
});
afterEach(async () => {
  for (const each of running.splice(0)) each.unsubscribe();
  api.closeConnections();
  await server.close();
});

const get = <T>(path: string): Promise<T> => api.request<T>({ method: 'GET', path });
const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 10_000, interval: 20 });
const makePod = (name: string, metadata: object = {}, spec: object = {}): Promise<Pod> =>
  api.request({
    method: 'POST',
    path: PODS,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, ...metadata },
      spec: { nodeName: 'n', containers: [{ name: 'app', image: 'a' }], ...spec },
    },
  });
const node = (status: NodeObject['status'] = {}): NodeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { a: 'b' } },
  spec: {},
  status,
});

it('registers the node, tells of a change at once, and renews its lease with the node as owner', async () => {
  const changed$ = new Subject<void>();
  let capacity = '1';
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'r',
    message: 'm',
    lastHeartbeatTime: '2026-01-01T00:00:00Z',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const describe = async (): Promise<NodeObject> => node({ capacity: { cpu: capacity }, conditions: [condition] });
  const events: string[] = [];
  const onEvent = ({ reason }: { readonly reason: string }): void => void events.push(reason);
  running.push(registerNode({ api, describe, changed$, onEvent }).subscribe(), renewLease({ api, nodeName: 'n' }).subscribe());
  await soon(() => get<NodeObject>('/api/v1/nodes/n').catch(() => undefined)).toMatchObject({
    metadata: { labels: { a: 'b' } },
    status: { capacity: { cpu: '1' } },
  });
  await soon(() => events).toEqual(['Starting', 'NodeReady']);
  await api.request({ method: 'PATCH', path: '/api/v1/nodes/n', body: { spec: { unschedulable: true } }, patch: 'merge' });
  capacity = '2';
  changed$.next();
  await soon(() => get<NodeObject>('/api/v1/nodes/n')).toMatchObject({ status: { capacity: { cpu: '2' } } });
  await soon(() => get('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n').catch(() => undefined)).toMatchObject({
    metadata: { ownerReferences: [{ kind: 'Node', name: 'n' }] },
    spec: { holderIdentity: 'n', leaseDurationSeconds: 40, renewTime: expect.stringMatching(/\.\d{6}Z$/) },
  });
  expect(events).toEqual(['Starting', 'NodeReady', 'NodeNotSchedulable']);
});

it('follows its pods, reports what becomes of them, and lets go of one that was deleted once it has ended', async () => {
  await api.request({ method: 'POST', path: '/api/v1/nodes', body: node() });
  const made = await makePod('web');
  await makePod('elsewhere', {}, { nodeName: 'other' });
  const assigned$ = assignedPods({ api, nodeName: 'n' }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const pods$ = new BehaviorSubject<readonly ReportedPod[]>([]);
  const seen: string[] = [];
  running.push(
    assigned$.subscribe(({ events }) =>
      seen.push(...events.map((event) => `${event.type} ${event.type === 'applied' ? event.pod.metadata.name : ''}`.trim())),
    ),
    reportStatuses({ api, pods$, assigned$ }).subscribe(),
  );
  await soon(() => seen).toEqual(['applied web', 'synced']);
  const show = (status: PodStatus): void => pods$.next([{ pod: { ...made, status }, ofApi: true, terminating: false }]);
  show({ phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
  await soon(async () => (await get<Pod>(`${PODS}/web`)).status).toMatchObject({ phase: 'Running', podIP: '10.0.0.1' });
  await api.request({ method: 'DELETE', path: `${PODS}/web` });
  await soon(() => seen.at(-1)).toBe('applied web');
  expect((await get<Pod>(`${PODS}/web`)).metadata.deletionTimestamp).toBeDefined();
  show({ phase: 'Succeeded' });
  await soon(() =>
    get(`${PODS}/web`).then(
      () => 'there',
      (error) => isNotFound(error),
    ),
  ).toBe(true);
  await soon(() => seen.at(-1)).toBe('removed');
});

it('shows static pods as mirrors with their status, brings one back that is deleted, and removes it with its pod', async () => {
  await api.request({ method: 'POST', path: '/api/v1/nodes', body: node() });
  const held = await get<NodeObject>('/api/v1/nodes/n');
  const metadata = { name: 'st-n', namespace: 'default', uid: 'static', annotations: { 'kubernetes.io/config.hash': 'static' } };
  const own: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'app', image: 'a' }] },
    status: { phase: 'Running' },
  };
  const assigned$ = assignedPods({ api, nodeName: 'n' }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const pods$ = new BehaviorSubject<readonly ReportedPod[]>([{ pod: own, ofApi: false, terminating: false }]);
  running.push(mirrorPods({ api, pods$, assigned$, node$: of(held) }).subscribe(), reportStatuses({ api, pods$, assigned$ }).subscribe());
  const mirror = () => get<Pod>(`${PODS}/st-n`).catch(() => undefined);
  await soon(mirror).toMatchObject({
    status: { phase: 'Running' },
    metadata: { annotations: { 'kubernetes.io/config.mirror': 'static' } },
  });
  const first = (await mirror())?.metadata.uid;
  await api.request({ method: 'DELETE', path: `${PODS}/st-n`, body: { gracePeriodSeconds: 0 } });
  await soon(async () => (await mirror())?.metadata.uid).not.toBe(first);
  await soon(mirror).toMatchObject({ status: { phase: 'Running' } });
  pods$.next([{ pod: own, ofApi: false, terminating: true }]);
  await soon(mirror).toBeDefined();
  pods$.next([]);
  await soon(mirror).toBeUndefined();
});

it('reads what pods refer to before they begin, and again when it changes', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  await api.request({ method: 'POST', path, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } } });
  const made = await makePod('web', {}, { containers: [{ name: 'app', image: 'a', envFrom: [{ configMapRef: { name: 'c' } }] }] });
  const assigned$ = assignedPods({ api, nodeName: 'n' }).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const objects = clusterObjects({ api, assigned$ });
  const changes: string[] = [];
  expect(objects.serviceVariables(made)).toBe('unread');
  running.push(objects.change$.subscribe(({ kind, name }) => changes.push(`${kind}/${name}`)));
  await new Promise<void>((resolve) => running.push(objects.read([made]).subscribe({ complete: resolve })));
  expect(objects.configMap('default', 'c')?.data).toEqual({ a: '1' });
  expect(objects.serviceVariables(made)).toBeInstanceOf(Map);
  expect(objects.knows('ConfigMap', 'default', 'other')).toBe(false);
  await api.request({ method: 'PATCH', path: apiPath('api/v1/namespaces/default/configmaps', 'c'), body: { data: { a: '2' } } });
  await soon(() => objects.configMap('default', 'c')?.data).toEqual({ a: '2' });
  expect(changes).toContain('ConfigMap/c');
  await api.request({ method: 'DELETE', path: `${PODS}/web`, body: { gracePeriodSeconds: 0 } });
  await soon(() => objects.knows('ConfigMap', 'default', 'c')).toBe(false);
});

it('posts an event once and counts it up afterwards', async () => {
  const event: KubeletEvent = {
    id: 'web.1',
    type: 'Normal',
    reason: 'Started',
    message: 'm',
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u' },
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'kubelet' },
  };
  running.push(
    postEvents({ api, events$: of(event, { ...event, count: 2, lastTimestamp: '2026-01-01T00:01:00Z' }), nodeName: 'n' }).subscribe(),
  );
  await soon(() => get('/api/v1/namespaces/default/events/web.1').catch(() => undefined)).toMatchObject({
    count: 2,
    reportingInstance: 'n',
    source: { component: 'kubelet', host: 'n' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:01:00Z',
  });
});
