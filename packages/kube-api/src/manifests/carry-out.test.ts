import { type ApiRequest, readRequestInfo, type StoredObject } from '@solo-kubelet/api-server';
import { emptyManifestStates, type ManifestStates } from '@solo-kubelet/manifest-source';
import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import type { StagedChange } from '../store/node-store.js';
import { type CarryOutOptions, createCarryOut } from './carry-out.js';
import type { FileEdit } from './manifest-directory.js';

const request: ApiRequest = { method: 'PUT', target: '/', headers: {}, body: new Uint8Array(), nowMs: 0 };
const info = (path: string) => readRequestInfo('PUT', path, new URLSearchParams());
const MAPS = '/api/v1/namespaces/default/configmaps/a';

const map = (data: object): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', uid: 'u1' },
  ...data,
});

const put = (bucket: string, object: StoredObject, previous?: StoredObject): StagedChange => ({
  type: 'put',
  bucket,
  key: `${object.metadata.namespace}/${object.metadata.name}`,
  object,
  ...(previous && { previous }),
});

const setUp = (manifests: ManifestStates = emptyManifestStates, given: Partial<CarryOutOptions> = {}) => {
  const edits: FileEdit[] = [];
  const told: string[] = [];
  const notes: string[] = [];
  const newUids = new Map<string, string>();
  const carryOut = createCarryOut({
    writer: {
      write: async (all: readonly FileEdit[], note: () => string) => {
        edits.push(...all);
        notes.push(note());
        return new Map(all.map(({ path, edit }) => [edit, path ?? `/m/new-${edits.length}.yaml`]));
      },
    } as unknown as CarryOutOptions['writer'],
    manifests: () => manifests,
    nodeName: 'node1',
    newUids,
    deleteWorkloadPod: (uid) => void told.push(`delete ${uid}`),
    hasten: (uid, seconds) => void told.push(`hasten ${uid} ${seconds}`),
    keepNode: async ({ metadata }) => void told.push(`node ${metadata.name}`),
    addEphemeralContainers: async (uid, containers) => {
      told.push(`debug ${uid} ${containers.map(({ name }) => name)}`);
      return uid !== 'gone';
    },
    refusalOf: (_apiVersion, kind) => (kind === 'Service' ? 'Services are off' : undefined),
    objectsIn: () => [],
    firstController: () => ({ kind: 'Deployment', name: 'd' }),
    dependentsOf: () => [],
    userOf: () => ({ username: 'a\nb', groups: [] }),
    ...given,
  });
  return { carryOut, edits, told, notes, newUids };
};

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u9', controller: true };
const pod = (rest: object = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u2', ownerReferences: [owner], ...rest },
  spec: { containers: [], terminationGracePeriodSeconds: 30 },
});

it('writes a new object to a file, under the identity that it was answered with, and says who wrote it on one line', async () => {
  const { carryOut, edits, newUids, notes } = setUp();
  await carryOut(
    [put('configmaps', map({ data: { a: '1' } })), put('configmaps', map({ data: { a: '2' } }), map({}))],
    request,
    info(MAPS),
  );
  expect(edits).toMatchObject([
    { path: undefined, edit: { kind: 'ConfigMap', name: 'a', after: { data: { a: '2' } }, before: undefined } },
  ]);
  expect([...newUids.values()]).toEqual(['u1']);
  expect(notes[0]).toContain('for a?b, 1970-01-01T00:00:00Z');
});

it('writes nothing of events, and no status', async () => {
  const { carryOut, edits } = setUp();
  const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace: 'default' } };
  await carryOut([put('events', event)], request, info('/api/v1/namespaces/default/events/e'));
  expect(edits).toEqual([]);
  await expect(carryOut([put('configmaps', map({}))], request, info(`${MAPS}/status`))).rejects.toMatchObject({ code: 405 });
});

it('lets nobody delete the namespaces that every cluster has', async () => {
  const { carryOut, edits } = setUp();
  const ending = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', deletionTimestamp: '2026-01-01T00:00:00Z' } };
  await expect(carryOut([put('namespaces', ending, ending)], request, info('/api/v1/namespaces/kube-system'))).rejects.toMatchObject({
    code: 403,
  });
  expect(edits).toEqual([]);
});

it('ends a Pod of a workload by word to the kubelet, and changes it by none', async () => {
  const { carryOut, edits, told } = setUp();
  const path = info('/api/v1/namespaces/default/pods/p');
  const ending = pod({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 });
  await carryOut([put('pods', ending, pod())], request, path);
  expect(told).toEqual(['hasten u2 5', 'delete u2']);
  expect(edits).toEqual([]);
  const changed = put('pods', pod({ labels: { a: 'b' } }), pod());
  await expect(carryOut([changed], request, path)).rejects.toThrow('is made by Deployment "d": change that');
});

it('writes nothing that admission denies, asks nobody about an end, and of several writes about the last alone', async () => {
  const asked: unknown[] = [];
  const { carryOut, edits, told } = setUp(emptyManifestStates, {
    admit: async (object, previous) => {
      const { metadata, data } = object;
      asked.push([metadata.name, data, previous === undefined]);
      return data === undefined ? { type: 'admitted', object } : { type: 'denied', message: 'no such thing' };
    },
  });
  const written = [put('configmaps', map({})), put('configmaps', map({ data: { a: '2' } }), map({}))];
  const refused = { code: 403, status: { reason: 'Forbidden', message: 'no such thing', details: { name: 'a' } } };
  await expect(carryOut(written, request, info(MAPS))).rejects.toMatchObject(refused);
  expect([edits, asked]).toEqual([[], [['a', { a: '2' }, true]]]);
  const path = info('/api/v1/namespaces/default/pods/p');
  await carryOut([put('pods', pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }), pod())], request, path);
  expect([asked.length, told.at(-1)]).toEqual([1, 'delete u2']);
});

it('rehearses: asks all that a write asks, up to the first byte, and shows a single object as it would run', async () => {
  const tries: unknown[] = [];
  const writer = {
    write: async (all: readonly FileEdit[], _note: unknown, more: unknown) => {
      tries.push([all.length, more]);
      return new Map();
    },
  } as unknown as CarryOutOptions['writer'];
  const { carryOut, told } = setUp(emptyManifestStates, {
    writer,
    admit: async (object) =>
      object.metadata.name === 'bad'
        ? { type: 'denied', message: 'no' }
        : { type: 'admitted', object: { ...object, metadata: { ...object.metadata, labels: { site: 'x' } } } },
  });
  expect(await carryOut.rehearse([put('configmaps', map({}))], info(MAPS))).toMatchObject({ metadata: { labels: { site: 'x' } } });
  const bad = { ...map({}), metadata: { name: 'bad', namespace: 'default' } };
  await expect(carryOut.rehearse([put('configmaps', bad)], info(MAPS))).rejects.toMatchObject({ code: 403 });
  await expect(carryOut.rehearse([put('configmaps', map({}))], info(`${MAPS}/status`))).rejects.toMatchObject({ code: 405 });
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' } };
  await expect(carryOut.rehearse([put('services', service)], info('/api/v1/namespaces/default/services/s'))).rejects.toThrow('are off');
  const podPath = '/api/v1/namespaces/default/pods/p';
  await expect(carryOut.rehearse([put('pods', pod({ labels: { a: 'b' } }), pod())], info(podPath))).rejects.toThrow('change that');
  expect(await carryOut.rehearse([put('pods', pod(), pod())], info(`${podPath}/ephemeralcontainers`))).toBeDefined();
  const ending = put('pods', pod({ deletionTimestamp: '2026-01-01T00:00:00Z' }), pod());
  expect(await carryOut.rehearse([ending, ending], info('/api/v1/namespaces/default/pods'))).toBeUndefined();
  expect(tries).toEqual([
    [1, { dryRun: true }],
    [0, { dryRun: true }],
  ]);
  expect(told).toEqual([]);
});

it('keeps what is set of the node beside the files', async () => {
  const { carryOut, told } = setUp();
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } };
  await carryOut([put('nodes', node, node)], request, info('/api/v1/nodes/node1'));
  expect(told).toEqual(['node node1']);
});

it('hands ephemeral containers to the kubelet, also those of a Pod of a workload, and to no file', async () => {
  const { carryOut, edits, told } = setUp();
  const debugged = (rest: object = {}) => ({ ...pod(rest), spec: { containers: [], ephemeralContainers: [{ name: 'shell' }] } });
  const path = info('/api/v1/namespaces/default/pods/p/ephemeralcontainers');
  await carryOut([put('pods', debugged(), pod())], request, path);
  expect([told, edits]).toEqual([['debug u2 shell'], []]);
  const gone = put('pods', debugged({ uid: 'gone' }), pod({ uid: 'gone' }));
  await expect(carryOut([gone], request, path)).rejects.toMatchObject({ code: 409 });
});

it('says why ephemeral containers could not be kept', async () => {
  const { carryOut } = setUp(emptyManifestStates, { addEphemeralContainers: () => Promise.reject(new Error('disk full')) });
  const path = info('/api/v1/namespaces/default/pods/p/ephemeralcontainers');
  await expect(carryOut([put('pods', pod(), pod())], request, path)).rejects.toMatchObject({
    code: 500,
    message: expect.stringContaining('disk full; nothing was changed'),
  });
});

it('changes an object in the file that it wrote, though the kubelet has not read that yet', async () => {
  let manifests: ManifestStates = emptyManifestStates;
  const { carryOut, edits } = setUp(undefined, { manifests: () => manifests });
  const steps = [map({ data: { a: '1' } }), map({ data: { a: '2' } }), map({ data: { a: '3' } })];
  await carryOut([put('configmaps', steps[0]!)], request, info(MAPS));
  await carryOut([put('configmaps', steps[1]!, steps[0])], request, info(MAPS));
  expect(edits[1]).toMatchObject({ path: '/m/new-1.yaml', edit: { before: steps[0], after: steps[1] } });
  const origin = { source: 'file', path: '/m/read.yaml', document: 0 } as const;
  manifests = {
    ...manifests,
    manifests: new Map([['x', { origin, state: 'accepted', objectKey: objectKey(map({}) as unknown as ApiObject) } as never]]),
  };
  await carryOut([put('configmaps', steps[2]!, steps[1])], request, info(MAPS));
  expect(edits[2]).toMatchObject({ path: '/m/read.yaml' });
});

it('makes no object that would count for nothing here', async () => {
  const { carryOut, edits } = setUp();
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' } };
  const path = info('/api/v1/namespaces/default/services/s');
  await expect(carryOut([put('services', service)], request, path)).rejects.toMatchObject({ code: 405, message: 'Services are off' });
  expect(edits).toEqual([]);
});

it('takes what an object owns out of its files too, unless it is to be orphaned', async () => {
  const origin = { source: 'file', path: '/m/a.yaml', document: 0 } as const;
  const manifests = new Map([['x', { origin, state: 'accepted', objectKey: objectKey(map({}) as unknown as ApiObject) } as never]]);
  const dependentsOf = () =>
    [map({}), map({ metadata: { name: 'of-no-file', namespace: 'default', uid: 'u8' } })].map((object) => ({
      ...put('configmaps', object, object),
      type: 'remove' as const,
    }));
  const ending = async (finalizers?: readonly string[]): Promise<readonly FileEdit[]> => {
    const { carryOut, edits } = setUp({ ...emptyManifestStates, manifests }, { dependentsOf });
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'default', uid: 'u7' } };
    const marked = {
      ...job,
      metadata: { ...job.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', ...(finalizers && { finalizers: [...finalizers] }) },
    };
    await carryOut([put('jobs.batch', marked, job)], request, info('/apis/batch/v1/namespaces/default/jobs/j'));
    return edits;
  };
  expect(await ending()).toMatchObject([{ path: '/m/a.yaml', edit: { name: 'a', after: undefined } }]);
  expect(await ending(['foregroundDeletion'])).toHaveLength(1);
  expect(await ending(['orphan'])).toEqual([]);
});

it('a namespace goes with the workloads in it, what they made, and what lies in files', async () => {
  const replicas = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'r', namespace: 'shop', uid: 'u5', ownerReferences: [owner] },
  };
  const objectsIn = () =>
    [put('replicasets.apps', replicas, replicas), put('pods', pod(), pod())].map((change) => ({ ...change, type: 'remove' as const }));
  const { carryOut, edits, told } = setUp(emptyManifestStates, { objectsIn });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'u6' } };
  const ending = { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  await carryOut([put('namespaces', ending, namespace)], request, info('/api/v1/namespaces/shop'));
  expect(edits).toEqual([]);
  expect(told).toEqual(['delete u2']);
});
