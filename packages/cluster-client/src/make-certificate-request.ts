import type { CertificateNames } from './certificate-life.js';

export interface CertificateRequest {
  readonly requestPem: string;
  readonly keyPem: string;
}

/** A new P-256 key and a request for a certificate of it. The libraries are loaded when they are first needed. */
export const makeCertificateRequest = async (
  subject: { readonly commonName: string; readonly organization: string },
  { dnsNames, ips }: CertificateNames = { dnsNames: [], ips: [] },
): Promise<CertificateRequest> => {
  await import('reflect-metadata');
  const [x509, { webcrypto }] = await Promise.all([import('@peculiar/x509'), import('node:crypto')]);
  x509.cryptoProvider.set(webcrypto as unknown as ReturnType<typeof x509.cryptoProvider.get>);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = [...dnsNames.map((value) => ({ type: 'dns' as const, value })), ...ips.map((value) => ({ type: 'ip' as const, value }))];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [subject.organization] }, { CN: [subject.commonName] }],
    keys: keys as Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[0]['keys'],
    signingAlgorithm: algorithm,
    ...(names.length === 0 ? {} : { extensions: [new x509.SubjectAlternativeNameExtension(names)] }),
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { requestPem: `${request.toString('pem')}\n`, keyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
};
