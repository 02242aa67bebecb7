import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { identityOfCertificate } from './client-certificate.js';
import { ANONYMOUS, type Identity } from './identity.js';
import type { TokenLookup } from './token-file.js';

export interface AuthenticationOptions {
  /** Let requests without credentials in as `system:anonymous` (KubeletConfiguration authentication.anonymous.enabled). */
  readonly anonymous: boolean;
  readonly tokens?: TokenLookup;
  /** Asks an API server about a token that the file does not know. Default: nobody is asked. */
  readonly review?: ((token: string) => Promise<Identity | undefined>) | undefined;
  readonly nowMs: number;
}

/**
 * Who made this request; undefined means 401. A client certificate that the CA signed comes first, then a bearer token.
 * Wrong credentials, a token or a certificate, are refused even where anonymous requests are allowed, as in every Kubernetes component.
 * Without a token file nobody looks at tokens, as in a kubelet without webhook: such a request is anonymous.
 */
export const authenticate = (
  request: IncomingMessage,
  { anonymous, tokens, review, nowMs }: AuthenticationOptions,
): Identity | undefined | Promise<Identity | undefined> => {
  const certified = request.socket instanceof TLSSocket ? identityOfCertificate(request.socket, nowMs) : undefined;
  if (typeof certified === 'object') return certified;
  const header = request.headers.authorization;
  const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (token !== undefined && (tokens ?? review)) return tokens?.(token) ?? review?.(token);
  return anonymous && certified === undefined ? ANONYMOUS : undefined;
};
