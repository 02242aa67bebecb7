import { emptyObjectStore, type ManifestEvent, reduceObjects } from '@solo-kubelet/manifest-source';
import { parseObject } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { completePods } from './complete-pods.js';
import { completePod, podRejection } from './core/complete-pod.js';

let documents = 0;
const object = (text: string): ManifestEvent => {
  const result = parseObject(text, { path: 'a.yaml' });
  if (!result.ok) throw new Error(result.message || result.issues[0]?.message);
  documents += 1;
  return { type: 'objectApplied', origin: { source: 'file', path: '/m/a.yaml', document: documents }, object: result.object, warnings: [] };
};
const podOf = (spec: object): Pod => ({
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'app' }], ...spec },
});
const applied = (spec: object): ManifestEvent => ({
  type: 'applied',
  origin: { source: 'file', path: '/m/web.yaml', document: 0 },
  pod: podOf(spec),
  warnings: [],
});
const storeOf = (...texts: readonly string[]) => texts.map(object).reduce(reduceObjects, emptyObjectStore);

const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nimagePullSecrets: [{name: registry}]\n';
const priority = 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1000\n';
const runtimeClass =
  'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: vm}\nhandler: kata\noverhead: {podFixed: {memory: 64Mi}}\nscheduling: {nodeSelector: {vm: "1"}}\n';
const limitRange = (items: string): string => `apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [${items}]}\n`;
const limits =
  'apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, default: {memory: 64Mi}, defaultRequest: {cpu: 10m}, max: {memory: 1Gi}}]}\n';

describe('a Pod', () => {
  it('gets what its account, class and limits give', () => {
    const store = storeOf(account, priority, runtimeClass, limits);
    const pod = completePod(podOf({ serviceAccountName: 'web', priorityClassName: 'high', runtimeClassName: 'vm' }), store);
    expect(pod.spec).toMatchObject({
      imagePullSecrets: [{ name: 'registry' }],
      priority: 1000,
      overhead: { memory: '64Mi' },
      nodeSelector: { vm: '1' },
      containers: [{ resources: { limits: { memory: '64Mi' }, requests: { cpu: '10m', memory: '64Mi' } } }],
    });
    expect(pod.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container app; memory limit for container app',
    );
    expect(podRejection(pod, store)).toBeUndefined();
  });

  it('keeps what it says itself, and is itself without objects', () => {
    const pod = podOf({ imagePullSecrets: [{ name: 'own' }], priority: 7, priorityClassName: 'none' });
    expect(completePod(pod, storeOf(account.replace('name: web', 'name: default'), priority))).toBe(pod);
    expect(podRejection(pod, emptyObjectStore)).toBeUndefined();
  });

  it.each<[string, object, readonly string[]]>([
    ['error looking up service account default/x: serviceaccount "x" not found', { serviceAccountName: 'x' }, []],
    ['no PriorityClass with name x was found', { priorityClassName: 'x' }, []],
    [
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
      { runtimeClassName: 'vm', overhead: { memory: '1Mi' } },
      [runtimeClass],
    ],
    [
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = 1; pod.spec.nodeSelector[vm] = 2',
      { runtimeClassName: 'vm', nodeSelector: { vm: '2' } },
      [runtimeClass],
    ],
    [
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
      { containers: [{ name: 'app', resources: { limits: { memory: '2Gi' } } }] },
      [limits],
    ],
    [
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      { runtimeClassName: 'vm', overhead: { memory: '1Mi' } },
      [runtimeClass.replace(/overhead: .*\n/, '')],
    ],
    [
      '[maximum memory usage per Pod is 1Gi.  No limit is specified, memory max limit to request ratio per Container is 2, but no request is specified or request is 0]',
      { containers: ['a', 'b'].map((name) => ({ name, resources: { requests: { memory: '0' } } })) },
      [
        limitRange('{type: Pod, max: {memory: 1Gi}}, {type: Container, maxLimitRequestRatio: {memory: "2"}}'),
        limitRange('{type: Pod, max: {cpu: "1"}}').replace('name: l', 'name: m'),
      ],
    ],
    [
      'memory max limit to request ratio per Container is 2, but no limit is specified or limit is 0',
      { containers: [{ name: 'app', resources: { requests: { memory: '1' }, limits: { memory: '0' } } }] },
      [limitRange('{type: Container, maxLimitRequestRatio: {memory: "2"}}')],
    ],
  ])('may not run: %s', (why, spec, texts) => {
    const store = storeOf(...texts);
    expect(podRejection(completePod(podOf(spec), store), store)).toEqual({
      reason: 'FailedCreate',
      message: `pods "web" is forbidden: ${why}`,
    });
  });
});

describe('completePods', () => {
  const synced: ManifestEvent = { type: 'synced', source: 'file', path: '/m' };
  const prioritiesAfter = async (events: readonly ManifestEvent[]) =>
    (await lastValueFrom(from(events).pipe(completePods({ store: emptyObjectStore, sources: 1 }), toArray()))).flatMap((event) =>
      event.type === 'applied' ? [event.pod.spec.priority] : [],
    );
  const byDefault = priority.replace('value:', 'globalDefault: true\nvalue:');

  it('tells of a Pod again when what it lacked comes', async () => {
    expect(await prioritiesAfter([applied({ priorityClassName: 'high' }), synced, object(priority)])).toEqual([undefined, 1000]);
  });

  it('takes defaults that are read later, but none that come later', async () => {
    expect(await prioritiesAfter([applied({}), object(byDefault), synced])).toEqual([undefined, 1000]);
    expect(await prioritiesAfter([applied({}), synced, object(byDefault)])).toEqual([undefined]);
  });
});
