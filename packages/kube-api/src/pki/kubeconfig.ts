import { X509Certificate } from 'node:crypto';
import { writeDurably } from '@solo-kubelet/state-files';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { type CertificatePair, type NodeCa, RENEW_BEFORE_MS } from './node-ca.js';

export interface KubeconfigParts {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly pair: CertificatePair;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with one cluster, user and context, as JSON (which is YAML). */
export const kubeconfigText = ({ server, caPem, user, pair }: KubeconfigParts): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'solo',
      clusters: [{ name: 'solo', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
      users: [{ name: user, user: { 'client-certificate-data': base64(pair.certificatePem), 'client-key-data': base64(pair.keyPem) } }],
      contexts: [{ name: 'solo', context: { cluster: 'solo', user, namespace: 'default' } }],
    },
    null,
    2,
  )}\n`;

/** Where a client on this machine reaches a server that listens here: on every address is on the loopback, too. */
export const serverUrl = (host: string, port: number): string => {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `https://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
};

const MAX_BYTES = 1 << 20;

/** Whether a kubeconfig that we wrote still leads here, and its certificate lasts. */
const isGood = (text: string, server: string, caPem: string, nowMs: number): boolean => {
  try {
    const config = JSON.parse(text) as {
      clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
      users: { user: { 'client-certificate-data': string } }[];
    };
    const { cluster } = config.clusters[0]!;
    const certificate = new X509Certificate(Buffer.from(config.users[0]!.user['client-certificate-data'], 'base64'));
    return (
      cluster.server === server &&
      cluster['certificate-authority-data'] === base64(caPem) &&
      Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS
    );
  } catch {
    return false;
  }
};

/** Keeps a kubeconfig for the administrator (`system:masters`) at a path, 0600; one that is still good stays as it is. */
export const keepAdminKubeconfig = async (path: string, ca: NodeCa, server: string, nowMs: number): Promise<void> => {
  const text = await readRegular(path, { maxBytes: MAX_BYTES }).then(
    (bytes) => Buffer.from(bytes).toString('utf8'),
    () => '',
  );
  if (isGood(text, server, ca.certificatePem, nowMs)) return;
  const user = 'solo-admin';
  const pair = await ca.issueClient({ user, groups: ['system:masters'] });
  await writeDurably(path, kubeconfigText({ server, caPem: ca.certificatePem, user, pair }));
};
