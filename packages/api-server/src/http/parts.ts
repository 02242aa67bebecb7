import { randomUUID } from 'node:crypto';
import type { FeatureGates } from '@solo-kubelet/pod-spec/schema';
import { allowAll, type UserInfo } from '../access/authorizer.js';
import { createStoreAuthorizer } from '../access/rbac-authorizer.js';
import type { TokenClaims } from '../access/token-claims.js';
import { type CoreParts, timeText } from '../context.js';
import { apiPatcher } from '../registry/api-patcher.js';
import { kindTables } from '../respond/kind-tables.js';
import { seedStore } from '../seed-store.js';
import type { ObjectStore } from '../store/object-store.js';

export interface PartsOptions {
  readonly store: ObjectStore;
  readonly users: ReadonlyMap<string, UserInfo>;
  readonly keys: { readonly sign: (claims: object) => string; readonly verify: (token: string) => TokenClaims | undefined };
  readonly mode: 'AlwaysAllow' | 'RBAC';
  readonly nowMs: number;
  readonly featureGates?: FeatureGates;
}

/** Puts a core together from what this package has. */
export const createParts = ({ store, users, keys, mode, nowMs, featureGates }: PartsOptions): CoreParts => {
  seedStore(store, { newUid: randomUUID, nowText: timeText(nowMs), nowMs });
  return {
    store,
    authorizer: mode === 'RBAC' ? createStoreAuthorizer(store) : allowAll,
    tables: kindTables,
    patcher: apiPatcher,
    userOf: (token) => users.get(token),
    verifyToken: keys.verify,
    signToken: keys.sign,
    newUid: randomUUID,
    random: Math.random,
    ...(featureGates && { featureGates }),
  };
};
