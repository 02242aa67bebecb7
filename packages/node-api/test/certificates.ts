import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
x509.cryptoProvider.set(webcrypto as unknown as ReturnType<typeof x509.cryptoProvider.get>);

export interface ClientPair {
  readonly cert: string;
  readonly key: string;
}

export interface TestCa {
  readonly certificatePem: string;
  /** A certificate of that user and organisation; `days` from now until it ends, negative for one that has ended. */
  issue(user: string, organisation: string, options?: { readonly days?: number }): Promise<ClientPair>;
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** A certificate authority that lives for one test. */
export const createCa = async (): Promise<TestCa> => {
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: ['test-ca'] }],
    notBefore: new Date(Date.now() - 3 * DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificatePem: ca.toString('pem'),
    issue: async (user, organisation, { days = 1 } = {}) => {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: '02',
        subject: [{ O: [organisation] }, { CN: [user] }],
        issuer: ca.subject,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() + days * DAY_MS),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey as never);
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
};
