import type { CoreParts } from '../context.js';
import type { UserInfo } from './authorizer.js';
import type { TokenClaims } from './token-claims.js';

/** Who a request comes from, or that its credentials are wrong. */
export type Authentication = { readonly type: 'user'; readonly user: UserInfo; readonly warning?: string } | { readonly type: 'refused' };

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Who issues tokens of service accounts, and whom they are for by default. */
export const issuerOf = ({ issuer = DEFAULT_ISSUER }: Pick<CoreParts, 'issuer'>): string => issuer;

const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';
const EXTRA_SPACE = 'the provided Authorization header contains extra space before the bearer token, and is ignored';

/** A user in the group of all who are known. */
export const known = (user: UserInfo): UserInfo =>
  user.groups.includes(AUTHENTICATED) || user.groups.includes('system:unauthenticated')
    ? user
    : { ...user, groups: [...user.groups, AUTHENTICATED] };

export type TokenAnswer =
  | { readonly ok: true; readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly ok: false; readonly error: string };

const INVALID = 'invalid bearer token';
const goList = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;

const extraOf = ({ jti, 'kubernetes.io': own = {} }: TokenClaims): Record<string, readonly string[]> => ({
  ...(jti !== undefined && { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] }),
  ...(own.pod?.name !== undefined && {
    'authentication.kubernetes.io/pod-name': [own.pod.name],
    'authentication.kubernetes.io/pod-uid': [own.pod.uid ?? ''],
  }),
  ...(own.node?.name !== undefined && {
    'authentication.kubernetes.io/node-name': [own.node.name],
    ...(own.node.uid !== undefined && { 'authentication.kubernetes.io/node-uid': [own.node.uid] }),
  }),
});

const ofServiceAccount = (parts: CoreParts, claims: TokenClaims, audiences: readonly string[], nowMs: number): TokenAnswer => {
  const own = claims['kubernetes.io'] ?? {};
  const { namespace = '', serviceaccount: { name = '', uid = '' } = {} } = own;
  const aud = claims.aud ?? [];
  const shared = audiences.filter((audience) => aud.includes(audience));
  if (shared.length === 0) {
    return { ok: false, error: `[${INVALID}, token audiences ${goList(aud)} is invalid for the target audiences ${goList(audiences)}]` };
  }
  if (claims.exp !== undefined && claims.exp * 1000 < nowMs) return { ok: false, error: `[${INVALID}, service account token has expired]` };
  const account = parts.store.get('serviceaccounts', `${namespace}/${name}`);
  if (account?.metadata.uid !== uid) return { ok: false, error: `[${INVALID}, service account ${namespace}/${name} has been deleted]` };
  for (const [bucket, bound] of [
    ['pods', own.pod],
    ['secrets', own.secret],
  ] as const) {
    if (bound?.name === undefined) continue;
    if (parts.store.get(bucket, `${namespace}/${bound.name}`)?.metadata.uid !== bound.uid) {
      return { ok: false, error: `[${INVALID}, service account token has been invalidated]` };
    }
  }
  const user: UserInfo = {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
    extra: extraOf(claims),
  };
  return { ok: true, user, audiences: shared };
};

/** Who a token stands for. Tokens of the token file are for the server itself alone. */
export const readToken = (parts: CoreParts, token: string, audiences: readonly string[], nowMs: number): TokenAnswer => {
  const issuer = issuerOf(parts);
  const user = audiences.includes(issuer) ? parts.userOf(token) : undefined;
  if (user !== undefined) return { ok: true, user: known(user), audiences: [issuer] };
  const claims = parts.verifyToken(token);
  return claims === undefined ? { ok: false, error: INVALID } : ofServiceAccount(parts, claims, audiences, nowMs);
};

/** Reads the Authorization header; without a token anybody is anonymous. */
export const authenticate = (parts: CoreParts, header: string, nowMs: number): Authentication => {
  const [scheme = '', token = ''] = header.trim().split(' ');
  if (scheme.toLowerCase() !== 'bearer') return { type: 'user', user: ANONYMOUS };
  if (token === '') {
    return header.trim().split(' ').length > 2
      ? { type: 'user', user: ANONYMOUS, warning: EXTRA_SPACE }
      : { type: 'user', user: ANONYMOUS };
  }
  const answer = readToken(parts, token, [issuerOf(parts)], nowMs);
  return answer.ok ? { type: 'user', user: answer.user } : { type: 'refused' };
};
