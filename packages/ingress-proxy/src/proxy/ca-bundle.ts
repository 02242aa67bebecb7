import { open } from 'node:fs/promises';

/** Where distributions have it: Debian, Alpine and Arch; Fedora and its kin, old and new; SUSE; OpenSSL's own place. */
const USUAL = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** As many bytes as are looked at: some have names of certificates in front. */
const LOOK_BYTES = 65_536;

/** The first of some files that has certificates in it: those that this machine trusts where none are named. Undefined where there is none. */
export const findCaBundle = async (candidates: readonly string[] = USUAL): Promise<string | undefined> => {
  for (const path of candidates) if (await hasCertificates(path)) return path;
  return undefined;
};

const hasCertificates = async (path: string): Promise<boolean> => {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOK_BYTES), 0, LOOK_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead).includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  } finally {
    await file.close();
  }
};
