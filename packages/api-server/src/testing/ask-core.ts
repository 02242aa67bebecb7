import type { FeatureGates } from '@solo-kubelet/pod-spec';
import { allowAll } from '../access/authorizer.js';
import type { CoreParts } from '../context.js';
import { createApiCore } from '../create-api-core.js';
import { apiPatcher } from '../registry/api-patcher.js';
import { kindTables } from '../respond/kind-tables.js';
import { seedStore } from '../seed-store.js';
import { createMemoryStore } from '../store/memory-store.js';

const NAMESPACE = '/api/v1/namespaces/default';

/** A core over an empty store. */
export const createCore = (featureGates: FeatureGates = {}, parts: Partial<CoreParts> = {}) => {
  const store = parts.store ?? createMemoryStore();
  let uids = 0;
  seedStore(store, { newUid: () => `s${uids++}`, nowText: '2026-01-01T00:00:00Z', nowMs: 0 });
  return createApiCore({
    store,
    authorizer: allowAll,
    tables: kindTables,
    patcher: apiPatcher,
    userOf: () => undefined,
    verifyToken: () => undefined,
    signToken: () => '',
    newUid: () => `uid-${uids++}`,
    random: () => 0,
    featureGates,
    ...parts,
  });
};

/** The same as a function that asks it; paths without a slash are in the namespace `default`. */
export const askCore = (featureGates: FeatureGates = {}, parts: Partial<CoreParts> = {}) => {
  const core = createCore(featureGates, parts);
  return (method: string, path: string, body: object = {}, headers: Readonly<Record<string, string>> = {}) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = core.handle({
      method,
      target: path.startsWith('/') ? path : `${NAMESPACE}/${path}`,
      headers: { 'content-type': type, ...headers },
      body: method === 'GET' ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body)),
      nowMs: 1_000,
    });
    if (answer.type !== 'answer') throw new Error(answer.type);
    return { code: answer.code, headers: answer.headers, value: JSON.parse(String(answer.body)) };
  };
};
