import type { TokenRequest } from '@solo-kubelet/pod-environment';

export interface TokenSubject {
  readonly issuer: string;
  readonly nodeName: string;
  readonly accountUid: string;
  /** A UUID of the token's own. */
  readonly jti: string;
  /** The machine's clock, ms. */
  readonly nowMs: number;
}

/** What a token says (pkg/serviceaccount/claims.go). An empty audience is the issuer's. */
export const tokenClaims = (
  { namespace, serviceAccountName, audience, expirationSeconds, pod }: TokenRequest,
  { issuer, nodeName, accountUid, jti, nowMs }: TokenSubject,
): Readonly<Record<string, unknown>> => {
  const now = Math.floor(nowMs / 1_000);
  return {
    aud: [audience === '' ? issuer : audience],
    exp: now + expirationSeconds,
    iat: now,
    iss: issuer,
    jti,
    'kubernetes.io': {
      namespace,
      node: { name: nodeName, uid: nodeName },
      pod,
      serviceaccount: { name: serviceAccountName, uid: accountUid },
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${serviceAccountName}`,
  };
};
