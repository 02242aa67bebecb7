import { type ApiRequest, readRequestInfo, type StoredObject } from '@solo-kubelet/api-server';
import { emptyManifestStates, type ManifestStates } from '@solo-kubelet/manifest-source';
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
      },
    } as unknown as CarryOutOptions['writer'],
    manifests: () => manifests,
    nodeName: 'node1',
    newUids,
    deleteWorkloadPod: (uid) => void told.push(`delete ${uid}`),
    hasten: (uid, seconds) => void told.push(`hasten ${uid} ${seconds}`),
    keepNode: async ({ metadata }) => void told.push(`node ${metadata.name}`),
    objectsIn: () => [],
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
  await expect(carryOut([changed], request, path)).rejects.toThrow('is made by ReplicaSet "r": change that');
});

it('keeps what is set of the node beside the files', async () => {
  const { carryOut, told } = setUp();
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } };
  await carryOut([put('nodes', node, node)], request, info('/api/v1/nodes/node1'));
  expect(told).toEqual(['node node1']);
});
