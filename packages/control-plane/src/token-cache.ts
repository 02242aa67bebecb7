import { type ApiClient, apiPath } from '@solo-kubelet/cluster-client';
import type { PodObjects } from '@solo-kubelet/pod-environment';

type TokenRequest = Parameters<PodObjects['token']>[0];

interface TokenAnswer {
  readonly spec: { readonly expirationSeconds: number };
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

interface Held {
  readonly token: string;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
}

/** Of which tokens are remembered at most; the oldest go first. */
const MAX_TOKENS = 4_096;
const MAX_AGE_MS = 24 * 3_600_000;
/** A token is replaced in the last fifth of its life (pkg/kubelet/token/token_manager.go). */
const REFRESH_SHARE = 0.2;

/** Asks the server for tokens of service accounts, and for new ones as they grow old. An old one serves on while no new one can be had. */
export const tokenCache = (api: Pick<ApiClient, 'request'>, { wallNow }: { readonly wallNow: () => number }) => {
  const held = new Map<string, Held>();
  const ask = async (request: TokenRequest): Promise<Held> => {
    const { namespace, serviceAccountName, audience, expirationSeconds, pod } = request;
    const answer = await api.request<TokenAnswer>({
      method: 'POST',
      path: apiPath('api/v1/namespaces', namespace, 'serviceaccounts', serviceAccountName, 'token'),
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          ...(audience === '' ? {} : { audiences: [audience] }),
          expirationSeconds,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.name, uid: pod.uid },
        },
      },
    });
    return {
      token: answer.status.token,
      expiresAtMs: Date.parse(answer.status.expirationTimestamp),
      lifetimeMs: answer.spec.expirationSeconds * 1_000,
    };
  };
  return {
    get: async (request: TokenRequest): Promise<string> => {
      const key = JSON.stringify(request);
      const known = held.get(key);
      if (known !== undefined && !isOld(known, wallNow())) return known.token;
      try {
        const fresh = await ask(request);
        held.delete(key);
        held.set(key, fresh);
        for (const oldest of held.keys()) {
          if (held.size <= MAX_TOKENS) break;
          held.delete(oldest);
        }
        return fresh.token;
      } catch (error) {
        if (known !== undefined && known.expiresAtMs > wallNow()) return known.token;
        throw error;
      }
    },
  };
};

const isOld = ({ expiresAtMs, lifetimeMs }: Held, nowMs: number): boolean =>
  expiresAtMs - nowMs < lifetimeMs * REFRESH_SHARE || nowMs - (expiresAtMs - lifetimeMs) > MAX_AGE_MS;
