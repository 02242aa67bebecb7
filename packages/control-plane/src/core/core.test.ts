import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { serviceVariables } from '@solo-kubelet/service-network';
import { describe, expect, it } from 'vitest';
import { emptyAssigned, reduceAssigned } from './assigned-pods.js';
import { claimedVolume } from './claimed-volume.js';
import { mirrorOf, planMirrors } from './mirror-plan.js';
import { type NodeObject, nodePatch } from './node-patch.js';
import { podStatusPatch } from './pod-status-patch.js';

const pod = (name: string, metadata: Partial<Pod['metadata']> = {}, status?: PodStatus): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, ...metadata },
  spec: { containers: [{ name: 'app', image: 'a' }] },
  ...(status && { status }),
});
const ready = (value: 'True' | 'False', at: string, more: object = {}) =>
  ({ type: 'Ready', status: value, lastTransitionTime: at, ...more }) as const;

describe('podStatusPatch', () => {
  it('says nothing of what the server shows already, however it writes it', () => {
    const told: PodStatus = {
      phase: 'Running',
      conditions: [ready('True', '2026-01-01T00:00:00Z')],
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0, image: 'a', imageID: '', state: {} }],
    };
    const held = {
      phase: 'Running',
      conditions: [{ lastProbeTime: null, ...ready('True', '2026-01-01T00:00:00Z') }],
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0, image: 'a', imageID: '', lastState: {}, state: {} }],
    };
    expect(podStatusPatch(pod('web', {}, held as unknown as PodStatus), told)).toBeUndefined();
  });

  it('names the pod it is about, sends lists whole, and leaves fields and conditions of others alone', () => {
    const held: PodStatus = {
      phase: 'Pending',
      nominatedNodeName: 'n',
      podIPs: [{ ip: '1.1.1.1' }],
      conditions: [
        { type: 'x.io/y', status: 'True' },
        ready('False', '2026-01-01T00:00:00Z', { reason: 'r' }),
        { type: 'PodResizePending', status: 'True' },
      ],
    };
    const told: PodStatus = { phase: 'Running', podIPs: [{ ip: '2.2.2.2' }], conditions: [ready('True', '2026-01-02T00:00:00Z')] };
    expect(podStatusPatch(pod('web', {}, held), told)).toEqual({
      metadata: { uid: 'uid-web' },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '2.2.2.2' }, { $patch: 'replace' }],
        conditions: [
          { ...ready('True', '2026-01-02T00:00:00Z'), reason: null },
          { $patch: 'delete', type: 'PodResizePending' },
        ],
      },
    });
  });

  it('moves no time without a change of the condition, and takes back neither an end nor a generation', () => {
    const held: PodStatus = {
      phase: 'Failed',
      reason: 'Evicted',
      observedGeneration: 3,
      conditions: [ready('False', '2026-01-01T00:00:00Z')],
    };
    const told: PodStatus = { phase: 'Running', observedGeneration: 2, conditions: [ready('True', '2026-01-05T00:00:00Z')] };
    const patch = podStatusPatch(pod('web', {}, held), told) as { status: PodStatus } | undefined;
    expect(patch?.status).toEqual({ conditions: [ready('False', '2026-01-01T00:00:00Z', { reason: 'PodFailed' })] });
  });
});

describe('reduceAssigned', () => {
  const reduce = reduceAssigned('n');
  const types = (state: { events: readonly { type: string }[] }) => state.events.map(({ type }) => type);

  it('tells of the oldest pods first, once that all have been read, and of what has gone meanwhile', () => {
    const first = reduce(emptyAssigned, {
      type: 'replaced',
      objects: [pod('b', { creationTimestamp: '2' }), pod('a', { creationTimestamp: '1' })],
    });
    expect(first.events).toMatchObject([
      { type: 'applied', origin: { source: 'api', path: 'uid-a' } },
      { type: 'applied', origin: { path: 'uid-b' } },
      { type: 'synced' },
    ]);
    const again = reduce(first, { type: 'replaced', objects: [pod('b')] });
    expect(again.events).toMatchObject([{ type: 'removed', origin: { path: 'uid-a' } }]);
    expect(types(reduce(again, { type: 'lost', message: 'm' }))).toEqual(['sourceFailed']);
    expect(again.pods.size).toBe(1);
  });

  it('keeps a status that changes to itself, unless a readiness gate waits for it or the pod has ended by it', () => {
    const gated: Pod = { ...pod('g'), spec: { ...pod('g').spec, readinessGates: [{ conditionType: 'x' }] } };
    const state = reduce(emptyAssigned, { type: 'replaced', objects: [pod('a'), gated] });
    expect(types(reduce(state, { type: 'applied', object: pod('a', {}, { phase: 'Running' }) }))).toEqual([]);
    expect(types(reduce(state, { type: 'applied', object: pod('a', { deletionTimestamp: 't' }) }))).toEqual(['applied']);
    expect(types(reduce(state, { type: 'applied', object: pod('a', {}, { phase: 'Failed' }) }))).toEqual(['applied']);
    expect(
      types(
        reduce(state, { type: 'applied', object: { ...gated, status: { phase: 'Pending', conditions: [{ type: 'x', status: 'True' }] } } }),
      ),
    ).toEqual(['applied']);
  });

  it('hands mirrors to nobody', () => {
    const mirror = pod('m', { annotations: { 'kubernetes.io/config.mirror': 'h' } });
    const state = reduce(emptyAssigned, { type: 'applied', object: mirror });
    expect(state.events).toEqual([]);
    expect([...state.mirrors.keys()]).toEqual(['default/m']);
    expect(reduce(state, { type: 'deleted', object: mirror }).mirrors.size).toBe(0);
  });
});

describe('planMirrors', () => {
  const node = { name: 'n', uid: 'u' };
  const own = pod('a', { annotations: { 'kubernetes.io/config.hash': 'h' } });
  const plan = (mirrors: readonly Pod[], wanted: readonly Pod[], ending: readonly Pod[] = []) =>
    planMirrors({ wanted, ending, mirrors: new Map(mirrors.map((mirror) => [`default/${mirror.metadata.name}`, mirror])), node });

  it('makes what is missing, owned by the node, and nothing when it is there', () => {
    expect(plan([], [own])).toMatchObject([
      {
        create: {
          metadata: {
            annotations: { 'kubernetes.io/config.mirror': 'h' },
            ownerReferences: [{ kind: 'Node', uid: 'u', controller: true }],
          },
          spec: { nodeName: 'n' },
        },
      },
    ]);
    expect(plan([mirrorOf(own, node)], [own])).toEqual([]);
  });

  it('replaces one of another content or that is being deleted, and removes those without a pod', () => {
    const old = pod('a', { annotations: { 'kubernetes.io/config.mirror': 'other' } });
    expect(plan([old], [own])).toMatchObject([{ remove: old, create: { metadata: { name: 'a' } } }]);
    const leaving = { ...mirrorOf(own, node), metadata: { ...mirrorOf(own, node).metadata, deletionTimestamp: 't' } };
    expect(plan([leaving], [own])).toHaveLength(1);
    expect(plan([old], [])).toEqual([{ name: 'default/a', remove: old }]);
  });

  it('makes another for a pod that runs again after an end that was shown', () => {
    const ended: Pod = { ...mirrorOf(own, node), status: { phase: 'Failed', reason: 'Evicted' } };
    expect(plan([ended], [{ ...own, status: { phase: 'Running' } }])).toMatchObject([
      { remove: ended, create: { metadata: { name: 'a' } } },
    ]);
    // Nobody may have looked yet.
    expect(plan([ended], [{ ...own, status: { phase: 'Pending' } }])).toEqual([]);
    expect(plan([ended], [{ ...own, status: { phase: 'Failed' } }])).toEqual([]);
  });

  it('keeps the mirror of a pod that still ends', () => {
    const old = pod('a', { annotations: { 'kubernetes.io/config.mirror': 'other' } });
    expect(plan([old], [], [old])).toEqual([]);
    expect(plan([old], [own], [old])).toEqual([]);
  });
});

describe('nodePatch', () => {
  const condition = { type: 'Ready', status: 'True', reason: 'r', message: 'm', lastHeartbeatTime: '1', lastTransitionTime: '1' };
  const node = (status: NodeObject['status'], labels = {}): NodeObject => ({ metadata: { name: 'n', labels }, status });

  it('only says that the node lives when nothing else is new, and keeps the time of transitions', () => {
    const { patch, changes } = nodePatch(
      node({ conditions: [condition] }),
      node({ conditions: [{ ...condition, lastHeartbeatTime: '2', lastTransitionTime: '2' }] }),
    );
    expect(changes).toBe(false);
    expect(patch).toEqual({
      status: { '$setElementOrder/conditions': [{ type: 'Ready' }], conditions: [{ ...condition, lastHeartbeatTime: '2' }] },
    });
  });

  it('takes what is empty for what the server leaves out: it would be told again and again', () => {
    const told = node({ conditions: [condition], runtimeHandlers: [], features: {}, nodeInfo: { kubeProxyVersion: '' } });
    expect(nodePatch(node({ conditions: [condition] }), told).changes).toBe(false);
    expect(podStatusPatch(pod('a', {}, { phase: 'Running' }), { phase: 'Running', containerStatuses: [] })).toBeUndefined();
  });

  it('mends its own labels, resources and addresses and leaves those of others', () => {
    const held = node(
      { capacity: { cpu: '1', 'vendor.io/x': '3', 'hugepages-2Mi': '0' }, addresses: [{ type: 'InternalIP', address: '1' }] },
      { 'kubernetes.io/os': 'x', team: 'a' },
    );
    const told = node(
      { capacity: { cpu: '2' }, addresses: [{ type: 'InternalIP', address: '2' }] },
      { 'kubernetes.io/os': 'linux', team: 'b' },
    );
    expect(nodePatch(held, told)).toMatchObject({
      changes: true,
      patch: {
        metadata: { labels: { 'kubernetes.io/os': 'linux' } },
        status: { capacity: { cpu: '2', 'hugepages-2Mi': null }, addresses: [{ address: '2' }, { $patch: 'replace' }] },
      },
    });
    expect(JSON.stringify(nodePatch(held, told).patch)).not.toContain('team');
  });
});

describe('claimedVolume', () => {
  const claim = { metadata: { name: 'c', namespace: 'd', uid: 'u' }, spec: { volumeName: 'v' }, status: { phase: 'Bound' } };
  const volume = (source: object, uid = 'u') => ({ metadata: { name: 'v' }, spec: { claimRef: { uid }, capacity: {}, ...source } });
  const ask = (asked: typeof claim | undefined, held: ReturnType<typeof volume> | undefined, ownerUid?: string) =>
    claimedVolume({ claim: asked, volume: held, claimName: 'c', volumeName: 'data', namespace: 'd', ownerUid });
  it.each([
    [undefined, undefined, 'failed to fetch PVC from API server: persistentvolumeclaims "c" not found'],
    [{ ...claim, status: { phase: 'Pending' } }, undefined, 'PVC is not bound'],
    [{ ...claim, metadata: { ...claim.metadata, deletionTimestamp: 't' } }, volume({}), 'PVC is being deleted'],
    [claim, undefined, 'failed to fetch PV v from API server: persistentvolumes "v" not found'],
    [claim, volume({ local: { path: '/x' } }, 'other'), 'failed to get PV v spec: volume is bound to another claim'],
    [claim, volume({ csi: {} }), 'PV v is of csi, which this kubelet cannot mount: hostPath, local and nfs are supported'],
  ])('makes the pod wait: %j, %j', (asked, held, why) => {
    const answer = ask(asked, held);
    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining(`error processing PVC d/c: ${why}`) });
  });
  it('knows volumes of the machine and of NFS, and whose an ephemeral one is', () => {
    expect(ask(claim, volume({ hostPath: { path: '/x' } }))).toMatchObject({
      ok: true,
      volume: { type: 'hostPath', path: '/x', persistentVolume: 'v' },
    });
    expect(ask(claim, volume({ local: { path: '/x' } }))).toMatchObject({ volume: { type: 'local', made: false } });
    expect(ask(claim, volume({ nfs: { server: 's', path: '/x' } }))).toMatchObject({ volume: { type: 'nfs', readOnly: false } });
    expect(ask(claim, volume({ local: { path: '/x' } }), 'pod')).toMatchObject({
      ok: false,
      error: expect.stringContaining('pod is not owner'),
    });
  });
});

describe('serviceVariables', () => {
  const service = (namespace: string, name: string, clusterIP: string, ports = [{ name: 'http', port: 80, protocol: 'TCP' }]) => ({
    namespace,
    name,
    clusterIP,
    ports,
  });
  it('tells of the services of the namespace, and of the API server everywhere', () => {
    const services = [service('default', 'kubernetes', '10.0.0.1'), service('a', 'my-db', 'fd00::1'), service('b', 'other', '10.0.0.3')];
    expect(Object.fromEntries(serviceVariables(services, 'a', true))).toMatchObject({
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      MY_DB_SERVICE_HOST: 'fd00::1',
      MY_DB_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_HTTP: '80',
      MY_DB_PORT: 'tcp://[fd00::1]:80',
      MY_DB_PORT_80_TCP: 'tcp://[fd00::1]:80',
      MY_DB_PORT_80_TCP_PROTO: 'tcp',
      MY_DB_PORT_80_TCP_ADDR: 'fd00::1',
    });
    expect([...serviceVariables(services, 'a', false).keys()].some((name) => name.startsWith('MY_DB'))).toBe(false);
    expect([...serviceVariables(services, 'a', true).keys()].some((name) => name.startsWith('OTHER'))).toBe(false);
  });
  it('takes one called kubernetes of its own namespace for its own', () => {
    const services = [service('a', 'kubernetes', '10.0.0.9'), service('default', 'kubernetes', '10.0.0.1')];
    expect(serviceVariables(services, 'a', true).get('KUBERNETES_SERVICE_HOST')).toBe('10.0.0.9');
    // Without links a Pod is told of the API server, and of nothing of its namespace.
    expect(serviceVariables(services, 'a', false).get('KUBERNETES_SERVICE_HOST')).toBe('10.0.0.1');
  });
});
