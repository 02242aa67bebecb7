import { ClusterError } from '../cluster-error.js';

interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown };
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [410, 'Gone'],
  [429, 'TooManyRequests'],
]);

const MAX_MESSAGE = 1_000;
/** Longer than that no server keeps a node away. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** What an answer that is no success means. A body that is no Status (a proxy's page) is judged by its number alone. */
export const refusal = (what: string, status: number, body: string, retryAfter: string | undefined): ClusterError => {
  const told = statusOf(body);
  const reason = typeof told?.reason === 'string' && told.reason !== '' ? told.reason : (REASONS.get(status) ?? '');
  const message = typeof told?.message === 'string' && told.message !== '' ? told.message.slice(0, MAX_MESSAGE) : `HTTP ${status}`;
  const seconds = Number(retryAfter ?? told?.details?.retryAfterSeconds ?? Number.NaN);
  return new ClusterError({
    code: status >= 400 ? 'CLUSTER_REFUSED' : 'CLUSTER_BAD_REPLY',
    message: status >= 400 ? `${what}: ${message}` : `${what}: the server answered ${status}, and redirects are not followed`,
    status,
    reason,
    retryable: status === 429 || status >= 500,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS) } : {}),
  });
};

/** The same of the object of an ERROR event. */
export const refusalOfEvent = (what: string, object: unknown): ClusterError => {
  const code = (object as { readonly code?: unknown } | null)?.code;
  return refusal(what, typeof code === 'number' && code >= 400 ? code : 500, JSON.stringify(object), undefined);
};

const statusOf = (body: string): Status | undefined => {
  try {
    const json = JSON.parse(body) as Status | null;
    return json?.kind === 'Status' ? json : undefined;
  } catch {
    return undefined;
  }
};
