import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { describeError } from '@solo-kubelet/diagnostics';
import { writeDurably } from '@solo-kubelet/state-files';

export interface CertificatePair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Makes a serving certificate for names, such as one that a CA of the node signs. */
export type IssueCertificate = (names: readonly string[]) => Promise<CertificatePair>;

const DAY_MS = 86_400_000;
const RENEW_BEFORE_MS = 73 * DAY_MS;

/** Certificate and key as one text; kept in a file from one start to the next, and made anew when less than 73 days are left of it. */
export const ownCertificate = async (
  names: readonly string[],
  { directory, issue, now }: { readonly directory: string; readonly issue: IssueCertificate; readonly now: () => number },
): Promise<string> => {
  const path = join(directory, `${createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32)}.pem`);
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (isUsable(kept, now())) return kept;
  const { certificatePem, keyPem } = await issue(names);
  const pem = `${certificatePem}${keyPem}`;
  await writeDurably(path, pem);
  return pem;
};

const isUsable = (pem: string, nowMs: number): boolean => {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkPrivateKey(createPrivateKey(pem)) && Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
};

/** As many as a node can well have; it is asked for each of them whenever anything changes. */
const MOST_REMEMBERED = 1_000;
const remembered = new Map<string, string | undefined>();

/**
 * What is wrong with the certificate and key of a Secret; undefined where a server can use them. Says nothing of what is in them. What it has found out
 * is remembered by a hash of both: none of them becomes better or worse.
 */
export const certificateFault = (certificate: string, key: string): string | undefined => {
  const hash = createHash('sha256').update(`${certificate.length} `).update(certificate).update(key).digest('base64');
  const isKnown = remembered.has(hash);
  const fault = isKnown ? remembered.get(hash) : findFault(certificate, key);
  // Those that were asked for last are kept.
  remembered.delete(hash);
  remembered.set(hash, fault);
  const [oldest] = remembered.keys();
  if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  return fault;
};

const findFault = (certificate: string, key: string): string | undefined => {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return 'tls.crt is no certificate in PEM form';
  }
  // Nothing looks at them when it is parsed, and no client takes it.
  if ([parsed.validFrom, parsed.validTo].some((date) => Number.isNaN(Date.parse(date)))) return 'tls.crt has dates that cannot be read';
  try {
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return 'tls.key does not belong to tls.crt';
  } catch {
    return 'tls.key is no private key in PEM form without a passphrase';
  }
  // The proxy has both in one file, and takes the first key that is in it.
  if (labelsOf(certificate).some((label) => label !== 'CERTIFICATE')) return 'tls.crt holds something else than certificates';
  const keys = labelsOf(key).filter((label) => label !== 'EC PARAMETERS');
  if (keys.length !== 1 || !keys[0]?.endsWith('PRIVATE KEY')) return 'tls.key holds something else than one private key';
  if (!/^[\s -~]*$/.test(certificate + key)) return 'tls.crt or tls.key has bytes that no PEM has';
  try {
    // As strict as OpenSSL is in any distribution: one certificate that the proxy refuses would keep it from everything that is new.
    createSecureContext({ cert: certificate, key, ciphers: 'DEFAULT@SECLEVEL=2' });
  } catch (error) {
    return `tls.crt or tls.key can't be used by a server: ${describeError(error)}`;
  }
  return undefined;
};

/** What the parts of a text in PEM form say that they are. */
const labelsOf = (text: string): readonly string[] => [...text.matchAll(/-----BEGIN (.*?)-----/g)].map(([, label = '']) => label);
