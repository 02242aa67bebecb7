import { createHash, randomBytes } from 'node:crypto';
import { type ApiClient, ClusterError } from '@solo-kubelet/cluster-client';
import { checkDuration, delay } from '@solo-kubelet/timers';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';

/** Who asks, as the server knows him. */
export interface ReviewedUser {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Reviews {
  /** Whose token this is; undefined: nobody's. Rejects when the server cannot say. */
  readonly token: (token: string) => Promise<ReviewedUser | undefined>;
  /** Whether he may do this with a subresource of the node. Rejects when the server cannot say. */
  readonly access: (user: ReviewedUser, verb: string, subresource: string) => Promise<boolean>;
}

export interface ReviewsOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  /** `authentication.webhook.cacheTTL`, ms. Default 2 min. */
  readonly tokenTtlMs?: number;
  /** `authorization.webhook.cacheAuthorizedTTL`, ms. Default 5 min. */
  readonly authorizedTtlMs?: number;
  /** `authorization.webhook.cacheUnauthorizedTTL`, ms. Default 30 s. */
  readonly unauthorizedTtlMs?: number;
  /** A clock that nobody sets, ms. */
  readonly now?: () => number;
}

interface TokenAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

interface AccessAnswer {
  readonly status?: { readonly allowed?: boolean };
}

/** apiserver's DefaultRetryBackoff of webhooks (pkg/util/webhook): its steps are the tries. */
const BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: Number.POSITIVE_INFINITY, factor: 1.5 };
const BACKOFF_STEPS = 5;
const TIMEOUT_MS = 10_000;
const MAX_ANSWERS = 4_096;

/** Asks the API server who somebody is and what he may do; answers are kept for a while, refusals too, failures never. */
export const createReviews = (options: ReviewsOptions): Reviews => {
  const { api, nodeName, now = () => performance.now() } = options;
  const tokenTtlMs = checkDuration('tokenTtlMs', options.tokenTtlMs, 120_000);
  const authorizedTtlMs = checkDuration('authorizedTtlMs', options.authorizedTtlMs, 300_000);
  const unauthorizedTtlMs = checkDuration('unauthorizedTtlMs', options.unauthorizedTtlMs, 30_000);
  /** Tokens are kept as digests with this, so that nothing of them is in memory. */
  const salt = randomBytes(32);
  const post = async <T>(path: string, body: object): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await api.request<T>({ method: 'POST', path, body, timeoutMs: TIMEOUT_MS });
      } catch (error) {
        if (!ClusterError.is(error) || !error.retryable || tries >= BACKOFF_STEPS) throw error;
        await delay(backoffMs(BACKOFF, tries));
      }
    }
  };
  const tokens = answers<ReviewedUser | undefined>(now, () => tokenTtlMs);
  const accesses = answers<boolean>(now, (allowed) => (allowed ? authorizedTtlMs : unauthorizedTtlMs));
  return {
    token: (token) =>
      tokens(createHash('sha256').update(salt).update(token).digest('base64'), async () => {
        const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
        const { status } = await post<TokenAnswer>('/apis/authentication.k8s.io/v1/tokenreviews', body);
        if (status?.authenticated !== true || !status.user?.username) return undefined;
        const { username: name, uid, groups = [], extra } = status.user;
        return { name, groups: [...new Set([...groups, 'system:authenticated'])], ...(uid ? { uid } : {}), ...(extra && { extra }) };
      }),
    access: ({ name: user, uid, groups, extra }, verb, subresource) => {
      const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName };
      const spec = { user, groups, ...(uid && { uid }), ...(extra && { extra }), resourceAttributes };
      return accesses(JSON.stringify(spec), async () => {
        const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
        const { status } = await post<AccessAnswer>('/apis/authorization.k8s.io/v1/subjectaccessreviews', body);
        return status?.allowed === true;
      });
    },
  };
};

/** Answers by question, each for its time; who asks the same at the same time waits for the same answer. */
const answers = <T>(now: () => number, ttlMs: (answer: T) => number) => {
  const known = new Map<string, { readonly answer: T; readonly untilMs: number }>();
  const asking = new Map<string, Promise<T>>();
  return (key: string, ask: () => Promise<T>): Promise<T> => {
    const found = known.get(key);
    if (found !== undefined && found.untilMs > now()) return Promise.resolve(found.answer);
    const running =
      asking.get(key) ??
      ask()
        .then((answer) => {
          known.delete(key);
          known.set(key, { answer, untilMs: now() + ttlMs(answer) });
          for (const oldest of known.keys()) {
            if (known.size <= MAX_ANSWERS) break;
            known.delete(oldest);
          }
          return answer;
        })
        .finally(() => asking.delete(key));
    asking.set(key, running);
    return running;
  };
};
