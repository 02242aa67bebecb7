import { ApiError, type ApiRequest, allowAll, apiPatcher, createApiCore, kindTables, seedStore } from '@solo-kubelet/api-server';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { expect, it } from 'vitest';
import { nodeCatalog } from '../core/node-catalog.js';
import { createNodeStore, type StagedChange } from '../store/node-store.js';
import { answerRequests } from './answer-requests.js';

const setUp = (carryOut: (changes: readonly StagedChange[]) => Promise<void>) => {
  const nodeStore = createNodeStore({ firstVersion: 1 });
  let uids = 0;
  seedStore(nodeStore.store, { newUid: () => `s${uids++}`, nowText: '2026-01-01T00:00:00Z', nowMs: 0 });
  const core = createApiCore({
    store: nodeStore.store,
    authorizer: allowAll,
    tables: kindTables,
    patcher: apiPatcher,
    userOf: () => undefined,
    verifyToken: () => undefined,
    signToken: () => '',
    newUid: () => `uid-${uids++}`,
    random: () => 0,
    catalog: nodeCatalog,
    nodeName: 'node1',
  });
  const answerer = answerRequests({
    core,
    nodeStore,
    carryOut,
    committed: () => {},
    measure: async () => {},
    loadWords: async () => {},
    logger: silentLogger,
  });
  const ask = async (method: string, target: string, body: object = {}, headers: ApiRequest['headers'] = {}) => {
    const answer = await answerer.handle({
      method,
      target,
      headers: { 'content-type': 'application/json', ...headers },
      body: method === 'GET' ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body)),
      nowMs: 0,
    });
    return answer.type === 'answer' ? { code: answer.code, value: JSON.parse(String(answer.body)) as Record<string, unknown> } : answer;
  };
  return { ask, core, store: nodeStore.store };
};

it('refuses who shows a certificate that nobody trusts, and lets nobody without one be refused for it', () => {
  const { core } = setUp(async () => {});
  const code = (user?: 'untrusted'): number => {
    const answer = core.handle({ method: 'GET', target: MAPS, headers: {}, body: new Uint8Array(), nowMs: 0, ...(user && { user }) });
    return answer.type === 'answer' ? answer.code : 0;
  };
  expect([code('untrusted'), code()]).toEqual([401, 200]);
});

const MAPS = '/api/v1/namespaces/default/configmaps';

it('shows a write only once it is carried out', async () => {
  const seen: string[] = [];
  const { ask, store } = setUp(async (changes) => {
    seen.push(...changes.map(({ type, key }) => `${type} ${key}`));
    expect(store.get('configmaps', 'default/a')).toBeUndefined();
  });
  expect(await ask('POST', MAPS, { metadata: { name: 'a' } })).toMatchObject({ code: 201 });
  expect(seen).toEqual(['put default/a']);
  expect(await ask('GET', `${MAPS}/a`)).toMatchObject({ code: 200 });
});

it('changes nothing when it cannot be carried out, and says why', async () => {
  const { ask, store } = setUp(async () => {
    throw new ApiError({ code: 500, reason: 'InternalError', message: 'the storage is read-only' });
  });
  const { version } = store;
  expect(await ask('POST', MAPS, { metadata: { name: 'a' } })).toMatchObject({ code: 500, value: { message: 'the storage is read-only' } });
  expect(store.version).toBe(version);
  expect(await ask('GET', `${MAPS}/a`)).toMatchObject({ code: 404 });
});

it('carries out no dry run', async () => {
  let calls = 0;
  const { ask } = setUp(async () => void calls++);
  expect(await ask('POST', `${MAPS}?dryRun=All`, { metadata: { name: 'a' } })).toMatchObject({ code: 201 });
  expect(calls).toBe(0);
});

it('lets nobody act as somebody else, whatever way the header is written', async () => {
  const { ask } = setUp(async () => {});
  for (const name of ['impersonate-user', 'impersonate-extra-scopes']) {
    expect(await ask('GET', MAPS, {}, { [name]: 'root' })).toMatchObject({ code: 403 });
  }
});

it('hands logs and streams of its own pods to the kubelet, and of no others', async () => {
  const { ask, store } = setUp(async () => {});
  const pod = (name: string, nodeName: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name },
    spec: { nodeName, containers: [{ name: 'app', image: 'a' }] },
  });
  store.put('pods', 'default/a', pod('a', 'node1'), 0);
  store.put('pods', 'default/b', pod('b', 'node2'), 0);
  const PODS = '/api/v1/namespaces/default/pods';
  expect(await ask('GET', `${PODS}/a/log?tailLines=3`)).toEqual({
    type: 'node',
    target: '/containerLogs/default/a/app?tailLines=3',
    isStream: false,
  });
  expect(await ask('POST', `${PODS}/a/exec?command=a%26b&stdout=true`)).toMatchObject({
    target: '/exec/default/a/app?output=1&command=a%26b',
    isStream: true,
  });
  expect(await ask('GET', `${PODS}/b/log`)).toMatchObject({ code: 404 });
  expect(await ask('GET', `${PODS}/..%2Fx/log`)).toMatchObject({ code: 404 });
});

it('says why what Kubernetes has is not there, to those who may ask', async () => {
  const { ask } = setUp(async () => {});
  const scalers = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
  expect(await ask('POST', scalers, { metadata: { name: 'a' } })).toMatchObject({
    code: 404,
    value: { kind: 'Status', reason: 'NotFound', message: expect.stringContaining('"kubectl scale" sets the number of replicas') },
  });
  expect(await ask('POST', scalers, {}, { 'impersonate-user': 'jane' })).toMatchObject({ code: 403 });
});
