import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { makeSelfSigned } from './self-signed.js';

const NAMES = ['127.0.0.1', 'localhost', 'kubernetes.default.svc', '::1', '2001:db8::a1'];

it.each([
  ['2026-05-01T10:00:30Z', 'Apr 30 10:00:30 2026 GMT', 'May  1 10:00:30 2027 GMT'],
  // Times are written in another way from 2050 on.
  ['2049-06-01T00:00:00Z', 'May 31 00:00:00 2049 GMT', 'Jun  1 00:00:00 2050 GMT'],
])('a certificate made at %s says what it is for', (now, validFrom, validTo) => {
  const { certificatePem, keyPem } = makeSelfSigned(NAMES, Date.parse(now));
  const certificate = new X509Certificate(certificatePem);
  expect(certificate).toMatchObject({ validFrom, validTo, subject: 'CN=127.0.0.1', issuer: 'CN=127.0.0.1', ca: true });
  expect(certificate.subjectAltName).toBe(
    'IP Address:127.0.0.1, DNS:localhost, DNS:kubernetes.default.svc, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:A1',
  );
  // Server authentication, and nothing else.
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
  expect(makeSelfSigned(NAMES, Date.parse(now)).certificatePem).not.toBe(certificatePem);
});

it('whoever trusts it gets through under each of its names, and nobody else does', async () => {
  const { certificatePem: cert, keyPem: key } = makeSelfSigned(NAMES, Date.now());
  const server = createServer({ cert, key }, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  const reach = (servername: string, ca: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, ca, ...(servername !== '' && { servername }) }, () => resolve('trusted'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.resume();
    });
  try {
    expect(await reach('', cert)).toBe('trusted');
    expect(await reach('localhost', cert)).toBe('trusted');
    expect(await reach('elsewhere.example', cert)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await reach('localhost', makeSelfSigned(NAMES, Date.now()).certificatePem)).not.toBe('trusted');
  } finally {
    server.close();
  }
});
