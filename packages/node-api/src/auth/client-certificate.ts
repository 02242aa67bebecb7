import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Identity } from './identity.js';

/** The certificate that a client presented, trusted or not. */
export const presentedCertificate = (socket: TLSSocket): PeerCertificate | undefined => {
  const certificate: Partial<PeerCertificate> | null = socket.destroyed ? null : socket.getPeerCertificate();
  return certificate?.raw === undefined ? undefined : (certificate as PeerCertificate);
};

export const hasExpired = ({ valid_to: validTo }: PeerCertificate, nowMs: number): boolean => Date.parse(validTo) < nowMs;

/**
 * Who a client certificate says that its holder is: CN is the user, O the groups. `untrusted`: one was presented that no client CA signed,
 * or that has expired since the handshake, or that names nobody. Undefined: none was presented.
 */
export const identityOfCertificate = (socket: TLSSocket, nowMs: number): Identity | 'untrusted' | undefined => {
  const certificate = presentedCertificate(socket);
  if (!certificate) return undefined;
  const { subject } = certificate;
  if (!socket.authorized || hasExpired(certificate, nowMs) || !subject?.CN) return 'untrusted';
  const organisations = subject.O as string | readonly string[] | undefined;
  const groups = organisations === undefined ? [] : typeof organisations === 'string' ? [organisations] : organisations;
  return { name: String(subject.CN), groups: [...groups, 'system:authenticated'] };
};
