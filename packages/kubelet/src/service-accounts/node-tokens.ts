import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { PodObjects, TokenRequest } from '@solo-kubelet/pod-environment';
import type { NodeObjects } from '@solo-kubelet/pod-objects';
import type { PodView } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { interval, type Observable, tap, withLatestFrom } from 'rxjs';
import { requiresRefresh, type TokenLife } from './core/requires-refresh.js';
import { tokenClaims } from './core/token-claims.js';
import { openSigningKeys, type SigningKeys } from './signing-keys.js';

/** What signs tokens of ServiceAccounts, and what others verify them by. */
export interface NodeTokens {
  readonly token: PodObjects['token'];
  /** Whom tokens name as their issuer, and are for where they name nobody. */
  readonly issuer: string;
  /** Signs what a token is to say. */
  readonly sign: SigningKeys['sign'];
  /** What a token of this node's keys and issuer says; undefined for any other. */
  readonly verify: SigningKeys['verify'];
  /** The OpenID provider's metadata (pkg/serviceaccount/openidmetadata.go). */
  discovery(): object;
  jwks(): object;
  /** Signs by a new key from now on, and gives every Pod new tokens; the new key's id. */
  rotate(): Promise<string>;
  /** Has the volumes of Pods refreshed whose tokens are due; works while subscribed to. */
  follow(parts: {
    readonly pods$: Observable<ReadonlyMap<string, PodView>>;
    readonly refresh: (podUid: PodView['podUid']) => void;
  }): Observable<unknown>;
}

export interface NodeTokensOptions {
  readonly rootDirectory: string;
  readonly nodeName: string;
  /** `iss` of the tokens, and where its metadata is looked for. */
  readonly issuer: string;
  readonly objects: Pick<NodeObjects, 'accountUid'>;
  readonly logger: Logger;
  /** Default: the machine's clock. */
  readonly wallNow?: () => number;
}

interface Issued extends TokenLife {
  readonly text: string;
  readonly podUid: string;
  readonly random: number;
}

/** How often tokens are looked through, ms. They live for ten minutes at least. */
const LOOK_INTERVAL_MS = 15_000;

export const createNodeTokens = async ({
  rootDirectory,
  nodeName,
  issuer,
  objects,
  logger,
  wallNow = Date.now,
}: NodeTokensOptions): Promise<NodeTokens> => {
  const keys: SigningKeys = await openSigningKeys(join(rootDirectory, 'service-account-keys'), logger);
  const issued = new Map<string, Issued>();
  let rotated = false;
  const isDue = (one: Issued): boolean => requiresRefresh(one, wallNow(), one.random);
  return {
    token: async (request) => {
      const accountUid = objects.accountUid(request.namespace, request.serviceAccountName);
      if (accountUid === undefined) {
        const { namespace, serviceAccountName } = request;
        throw new Error(`failed to fetch token: serviceaccounts "${serviceAccountName}" not found in namespace ${namespace}`);
      }
      const key = JSON.stringify([request, accountUid]);
      const known = issued.get(key);
      if (known !== undefined && !isDue(known)) return known.text;
      const nowMs = wallNow();
      const text = keys.sign(tokenClaims(request, { issuer, nodeName, accountUid, jti: randomUUID(), nowMs }));
      issued.set(key, { text, podUid: request.pod.uid, random: Math.random(), ...lifeOf(request, nowMs) });
      return text;
    },
    issuer,
    sign: (claims) => keys.sign(claims),
    verify: (token) => {
      const claims = keys.verify(token);
      return claims?.['iss'] === issuer ? claims : undefined;
    },
    discovery: () => ({
      issuer,
      jwks_uri: `${issuer.replace(/(?<!\/)\/+$/, '')}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    jwks: () => keys.jwks(),
    rotate: async () => {
      const kid = await keys.rotate();
      rotated = true;
      return kid;
    },
    follow: ({ pods$, refresh }) =>
      interval(LOOK_INTERVAL_MS, steadyScheduler).pipe(
        withLatestFrom(pods$),
        tap(([, pods]) => {
          const due = new Set<string>();
          for (const [key, one] of issued) {
            if (!pods.has(one.podUid)) issued.delete(key);
            else if (rotated || isDue(one)) {
              issued.delete(key);
              due.add(one.podUid);
            }
          }
          rotated = false;
          for (const uid of due) refresh(uid as PodView['podUid']);
        }),
      ),
  };
};

const lifeOf = ({ expirationSeconds }: TokenRequest, nowMs: number): TokenLife => {
  const issuedAtMs = Math.floor(nowMs / 1_000) * 1_000;
  return { issuedAtMs, expiresAtMs: issuedAtMs + expirationSeconds * 1_000 };
};
