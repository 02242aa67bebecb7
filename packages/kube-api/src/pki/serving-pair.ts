import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeDurably } from '@solo-kubelet/state-files';
import { type CertificatePair, type NodeCa, RENEW_BEFORE_MS } from './node-ca.js';

/** Whether a certificate is of this CA, fits its key, and has time left. */
const isGood = ({ certificatePem, keyPem }: CertificatePair, ca: NodeCa, nowMs: number): X509Certificate | undefined => {
  try {
    const certificate = new X509Certificate(certificatePem);
    const good =
      certificate.verify(new X509Certificate(ca.certificatePem).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(keyPem)) &&
      Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS;
    return good ? certificate : undefined;
  } catch {
    return undefined;
  }
};

/** The serving pair of a directory (`serving.crt`, `serving.key`), made anew when it is not good for these names, or ends within 73 days. */
export const servingPair = async (directory: string, ca: NodeCa, names: readonly string[], nowMs: number): Promise<CertificatePair> => {
  const [certificatePath, keyPath] = [join(directory, 'serving.crt'), join(directory, 'serving.key')];
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const found = { certificatePem: await read(certificatePath), keyPem: await read(keyPath) };
  const certificate = isGood(found, ca, nowMs);
  const serves = (name: string): boolean =>
    (isIP(name) === 0 ? certificate?.checkHost(name, { subject: 'never' }) : certificate?.checkIP(name)) !== undefined;
  if (certificate !== undefined && names.every(serves)) return found;
  const made = await ca.issueServer(names);
  await writeDurably(keyPath, made.keyPem);
  await writeDurably(certificatePath, made.certificatePem, { mode: 0o644 });
  return made;
};
