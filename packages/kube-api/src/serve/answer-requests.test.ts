import { ApiError, type ApiRequest, allowAll, apiPatcher, createApiCore, kindTables, seedStore } from '@solo-kubelet/api-server';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { expect, it } from 'vitest';
import { nodeCatalog } from '../core/node-catalog.js';
import { createNodeStore, type StagedChange } from '../store/node-store.js';
import { answerRequests, type CarryOut } from './answer-requests.js';

const setUp = (
  carryOut: (changes: readonly StagedChange[]) => Promise<void>,
  rehearse: CarryOut['rehearse'] = async (changes) => changes[0]?.object,
) => {
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
    carryOut: Object.assign(carryOut, { rehearse }),
    committed: () => {},
    measure: async () => {},
    loadWords: async () => {},
    userOf: () => undefined,
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

const POD = { metadata: { name: 'p' }, spec: { containers: [{ name: 'app', image: 'nginx' }] } };
const PODS = '/api/v1/namespaces/default/pods';

it('answers a dry run as the write would be: refused, or as it would run', async () => {
  const seen: string[] = [];
  const { ask, store } = setUp(
    async () => {},
    async ([change], { subresource }) => {
      const { type, key, object, previous } = change!;
      seen.push(`${type} ${key} ${subresource}${previous === undefined ? '' : ` ${previous.metadata.uid}`}`);
      if (object.metadata.name === 'denied') throw new ApiError({ code: 403, reason: 'Forbidden', message: 'pods "denied" is forbidden' });
      return { ...object, spec: { ...object.spec, containers: [{ name: 'app', image: 'a.test/nginx' }] } };
    },
  );
  const { version } = store;
  const image = { spec: { containers: [{ image: 'a.test/nginx' }] } };
  const made = await ask('POST', `${PODS}?dryRun=All`, { ...POD, metadata: { generateName: 'p-' } });
  expect(made).toMatchObject({ code: 201, value: { ...image, metadata: { name: expect.stringMatching(/^p-/) } } });
  expect(await ask('POST', `${PODS}?dryRun=All`, { ...POD, metadata: { name: 'denied' } })).toMatchObject({
    code: 403,
    value: { message: 'pods "denied" is forbidden' },
  });
  expect(store.version).toBe(version);
  const { value } = (await ask('POST', PODS, POD)) as unknown as { readonly value: { readonly metadata: { readonly uid: string } } };
  const patch = { 'content-type': 'application/merge-patch+json' };
  expect(await ask('PATCH', `${PODS}/p?dryRun=All`, { metadata: { labels: { a: 'b' } } }, patch)).toMatchObject({
    code: 200,
    value: image,
  });
  const debugger_ = { spec: { ephemeralContainers: [{ name: 'd', image: 'x' }] } };
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
  await ask('PATCH', `${PODS}/p/ephemeralcontainers?dryRun=All`, debugger_, strategic);
  await ask('DELETE', `${PODS}/p`, { dryRun: ['All'], gracePeriodSeconds: 0 });
  await ask('DELETE', `${PODS}/p`, { dryRun: ['All'] });
  expect(seen).toEqual([
    expect.stringMatching(/^put default\/p-\w+ $/),
    'put default/denied ',
    `put default/p  ${value.metadata.uid}`,
    `put default/p ephemeralcontainers ${value.metadata.uid}`,
    `put default/p  ${value.metadata.uid}`,
    `put default/p  ${value.metadata.uid}`,
  ]);
  expect(await ask('GET', `${PODS}/p`)).toMatchObject({ value: { spec: { containers: [{ image: 'nginx' }] } } });
  expect(await ask('GET', `${PODS}/p`)).not.toMatchObject({ value: { metadata: { labels: {} } } });
});

it('asks about one dry run at a time, however many there are', async () => {
  let [now, most] = [0, 0];
  const { ask } = setUp(
    async () => {},
    async ([change]) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise(setImmediate);
      now -= 1;
      if (change?.key === 'default/m7') throw new Error('a fault of the node');
      return change?.object;
    },
  );
  const codes = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const answer = await ask('POST', `${MAPS}?dryRun=All`, { metadata: { name: `m${at}` } });
      return 'code' in answer ? answer.code : 0;
    }),
  );
  // One is asked about, sixteen of a user wait, and the rest is told to come later.
  expect([most, codes.filter((code) => code === 201).length, codes[7], codes.slice(17)]).toEqual([1, 16, 500, [429, 429, 429]]);
});

it('lets nobody wait for a dry run', async () => {
  let decide = (): void => {};
  const deciding = new Promise<void>((resolve) => {
    decide = resolve;
  });
  const { ask } = setUp(
    async () => {},
    async ([change]) => {
      await deciding;
      return change?.object;
    },
  );
  const slow = ask('POST', `${MAPS}?dryRun=All`, { metadata: { name: 'slow' } });
  expect(await ask('POST', MAPS, { metadata: { name: 'quick' } })).toMatchObject({ code: 201 });
  decide();
  expect(await slow).toMatchObject({ code: 201 });
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
