import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeDurably } from '@solo-kubelet/state-files';

export interface CertificatePair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface ClientIdentity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A CA of this node's own: it signs the API's serving certificate, the certificates of its clients, and those of Ingresses that bring none. */
export interface NodeCa {
  readonly certificatePem: string;
  /** A serving certificate, good for a year. */
  issueServer(names: readonly string[]): Promise<CertificatePair>;
  /** A client certificate: CN is the user, O are the groups. Good for a year unless told, ms. */
  issueClient(identity: ClientIdentity, validForMs?: number): Promise<CertificatePair>;
}

const DAY_MS = 86_400_000;
const CA_VALID_MS = 3_650 * DAY_MS;
/** A CA is made anew when less than this is left of it: what it signs lasts a year at most. */
const CA_RENEW_BEFORE_MS = 400 * DAY_MS;
const LEAF_VALID_MS = 365 * DAY_MS;
/** What was signed is renewed when less than this is left of it. */
export const RENEW_BEFORE_MS = 73 * DAY_MS;
/** Clocks differ. */
const BACKDATED_MS = 3_600_000;
const CA_NAME = 'solo-kubelet-api-ca';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const loadX509 = async () => {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as ReturnType<typeof x509.cryptoProvider.get>);
  return x509;
};

type Keys = webcrypto.CryptoKeyPair;
type X509 = Awaited<ReturnType<typeof loadX509>>;
type SelfSigned = Parameters<X509['X509CertificateGenerator']['createSelfSigned']>[0];

const newKeys = async (): Promise<Keys> => (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as Keys;
const serialNumber = (): string => `01${randomBytes(15).toString('hex')}`;

const keyPemOf = async (x509: X509, keys: Keys): Promise<string> =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`;

const makeCa = async (nowMs: number): Promise<CertificatePair> => {
  const x509 = await loadX509();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [CA_NAME] }],
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + CA_VALID_MS),
    keys: keys as SelfSigned['keys'],
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: await keyPemOf(x509, keys) };
};

/** Whether a pair fits together and has enough time left. */
const isUsable = ({ certificatePem, keyPem }: CertificatePair, nowMs: number): boolean => {
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.checkPrivateKey(createPrivateKey(keyPem)) && Date.parse(certificate.validTo) - nowMs > CA_RENEW_BEFORE_MS;
  } catch {
    return false;
  }
};

/**
 * Reads the CA of a directory (`ca.crt`, `ca.key`), or makes it where there is none, where its parts don't fit together, or where less than 400
 * days are left of it; what it signed has to be made anew then. @throws the error of the file system
 */
export const openNodeCa = (directory: string, now: () => number): Promise<NodeCa> => {
  // Whoever comes while it is being made gets the same one.
  const opening = underWay.get(directory) ?? open(directory, now).finally(() => underWay.delete(directory));
  underWay.set(directory, opening);
  return opening;
};

const underWay = new Map<string, Promise<NodeCa>>();

const open = async (directory: string, now: () => number): Promise<NodeCa> => {
  const [certificatePath, keyPath] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const found = { certificatePem: await read(certificatePath), keyPem: await read(keyPath) };
  const pair = isUsable(found, now()) ? found : await makeCa(now());
  if (pair !== found) {
    await writeDurably(keyPath, pair.keyPem);
    await writeDurably(certificatePath, pair.certificatePem, { mode: 0o644 });
  }
  return {
    certificatePem: pair.certificatePem,
    issueServer: (names) =>
      issue(pair, { nowMs: now(), validForMs: LEAF_VALID_MS, subject: [{ CN: [names[0] ?? 'localhost'] }], server: names }),
    issueClient: ({ user, groups }, validForMs = LEAF_VALID_MS) =>
      issue(pair, { nowMs: now(), validForMs, subject: [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))] }),
  };
};

interface Leaf {
  readonly nowMs: number;
  readonly validForMs: number;
  readonly subject: { [type: string]: string[] }[];
  /** Names and addresses of a server; undefined for a client. */
  readonly server?: readonly string[];
}

const issue = async (ca: CertificatePair, { nowMs, validForMs, subject, server }: Leaf): Promise<CertificatePair> => {
  const x509 = await loadX509();
  const keys = await newKeys();
  const der = createPrivateKey(ca.keyPem).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const usage = server === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const names = [...new Set(server ?? [])];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: new x509.X509Certificate(ca.certificatePem).subject,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + validForMs),
    signingKey: signingKey as SelfSigned['keys']['privateKey'],
    publicKey: keys.publicKey as SelfSigned['keys']['publicKey'],
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      ...(names.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
            ),
          ]),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: await keyPemOf(x509, keys) };
};
