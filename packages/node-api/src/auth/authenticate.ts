import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { ANONYMOUS, type Identity } from './identity.js';
import type { TokenLookup } from './token-file.js';

export interface AuthenticationOptions {
  /** Let requests without credentials in as `system:anonymous` (KubeletConfiguration authentication.anonymous.enabled). */
  readonly anonymous: boolean;
  readonly tokens?: () => TokenLookup;
}

/**
 * Who made this request; undefined means 401. A client certificate that the CA signed comes first, then a bearer token.
 * A wrong token is refused even where anonymous requests are allowed, as in every Kubernetes component. Without a token file
 * nobody looks at tokens, as in a kubelet without webhook: such a request is anonymous.
 */
export const authenticate = (request: IncomingMessage, { anonymous, tokens }: AuthenticationOptions): Identity | undefined => {
  const certified = identityOfCertificate(request.socket as TLSSocket);
  if (certified) return certified;
  const header = request.headers.authorization;
  const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (token !== undefined && tokens) return tokens()(token);
  return anonymous ? ANONYMOUS : undefined;
};

const identityOfCertificate = (socket: TLSSocket): Identity | undefined => {
  if (typeof socket.getPeerCertificate !== 'function' || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return undefined;
  const organisations = subject.O as string | readonly string[] | undefined;
  const groups = organisations === undefined ? [] : typeof organisations === 'string' ? [organisations] : organisations;
  return { name: String(subject.CN), groups: [...groups, 'system:authenticated'] };
};
