import { isIP } from 'node:net';

export interface CertificatePair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface MakeCertificateOptions {
  /** Common name, and first alternative name. */
  readonly hostname: string;
  /** More names and addresses that the certificate is to be good for. */
  readonly alternativeNames?: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Makes a P-256 key and a serving certificate that signs itself. The libraries are loaded on first use: a node with a given
 * certificate never pays for them.
 */
export const makeCertificate = async ({
  hostname,
  alternativeNames = [],
  notBeforeMs,
  notAfterMs,
}: MakeCertificateOptions): Promise<CertificatePair> => {
  await import('reflect-metadata');
  const [x509, { webcrypto, randomBytes }] = await Promise.all([import('@peculiar/x509'), import('node:crypto')]);
  x509.cryptoProvider.set(webcrypto as unknown as ReturnType<typeof x509.cryptoProvider.get>);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = [...new Set([hostname, ...alternativeNames])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [hostname] }],
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    keys: keys as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys'],
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
};
