import { createPrivateKey, X509Certificate } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname as osHostname } from 'node:os';
import { join } from 'node:path';
import { NodeApiError } from '../node-api-error.js';
import { type CertificatePair, makeCertificate } from './make-certificate.js';

export interface ServingCertificateOptions {
  /** A given pair; it is read again when it changes on disk, and never replaced. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Where a pair of our own is kept (`kubelet.crt`, `kubelet.key`). Upstream default /var/lib/kubelet/pki. */
  readonly certDirectory: string;
  /**
   * A file that somebody else writes, with the certificate and its key, and may write at any time (`kubelet-server-current.pem`). While it is not there the
   * given pair serves, and without one nothing does: none is made.
   */
  readonly signedFile?: string;
  readonly hostname?: string;
  readonly alternativeNames?: readonly string[];
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
/** As upstream: valid from an hour ago (clocks differ) for a year. */
const VALID_FOR_MS = 365 * DAY_MS;
const BACKDATED_MS = 3_600_000;
/** A pair of our own is made anew when less than this is left; upstream never renews (and nodes went dark after a year). */
const RENEW_BEFORE_MS = 73 * DAY_MS;

/**
 * The pair to serve with right now. A given pair is read, and so is whatever pair an operator put into the directory, as upstream does;
 * otherwise our own is read, and made when it is missing, unreadable, about to expire, or for another host name. Call it again from time to time: a changed answer means "use the new one".
 * Undefined: there is none yet, and every handshake is to fail.
 * @throws NodeApiError NODE_API_CERTIFICATE when a given pair cannot be used
 */
export const servingCertificate = async (options: ServingCertificateOptions): Promise<CertificatePair | undefined> => {
  const { certFile, keyFile, certDirectory, signedFile, hostname = osHostname(), alternativeNames, now } = options;
  if (signedFile !== undefined && (await isThere(signedFile))) return readPair(signedFile, signedFile);
  if (certFile !== undefined && keyFile !== undefined) return readPair(certFile, keyFile);
  if (signedFile !== undefined) return undefined;
  const ownCert = join(certDirectory, 'kubelet.crt');
  const ownKey = join(certDirectory, 'kubelet.key');
  const existing = await readPair(ownCert, ownKey).catch(async (error: unknown) => {
    if (await isSomebodyElses(ownCert)) throw error;
    return undefined;
  });
  if (existing && (!isOurs(existing.certificatePem) || isFresh(existing, hostname, now()))) return existing;
  const made = await makeCertificate({
    hostname,
    notBeforeMs: now() - BACKDATED_MS,
    notAfterMs: now() + VALID_FOR_MS,
    ...(alternativeNames ? { alternativeNames } : {}),
  });
  await mkdir(certDirectory, { recursive: true, mode: 0o700 });
  await replaceFile(ownKey, made.keyPem, 0o600);
  await replaceFile(ownCert, made.certificatePem, 0o644);
  return made;
};

/** Whether a pair was made here: it signs itself, names nothing but the host, and is good for as long as ours are. */
const isOurs = (certificatePem: string): boolean => {
  const { subject, issuer, validFrom, validTo } = new X509Certificate(certificatePem);
  const validForMs = Date.parse(validTo) - Date.parse(validFrom);
  return subject === issuer && /^CN=[^\n]*$/.test(subject) && Math.abs(validForMs - VALID_FOR_MS - BACKDATED_MS) < 2_000;
};

/** A certificate that an operator put there is never written over, even while its key does not fit: it may be on its way. */
const isSomebodyElses = async (path: string): Promise<boolean> => {
  try {
    return !isOurs(await readFile(path, 'utf8'));
  } catch {
    return false;
  }
};

const isFresh = ({ certificatePem }: CertificatePair, hostname: string, nowMs: number): boolean => {
  const certificate = new X509Certificate(certificatePem);
  return Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS && certificate.subject.split('\n').includes(`CN=${hostname}`);
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

const readPair = async (certFile: string, keyFile: string): Promise<CertificatePair> => {
  try {
    const certificatePem = await readFile(certFile, 'utf8');
    // A link to both may lead to others a moment later.
    const keyPem = keyFile === certFile ? certificatePem : await readFile(keyFile, 'utf8');
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem)))
      throw new Error('the key does not belong to the certificate');
    return { certificatePem, keyPem };
  } catch (cause) {
    throw new NodeApiError({
      code: 'NODE_API_CERTIFICATE',
      message: `cannot use the serving certificate ${certFile} with the key ${keyFile}`,
      hint: 'Check tlsCertFile and tlsPrivateKeyFile, or leave both out to have a pair made.',
      cause,
    });
  }
};

const replaceFile = async (path: string, text: string, mode: number): Promise<void> => {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
};
