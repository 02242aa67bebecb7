import { createHash, createHmac, timingSafeEqual, X509Certificate } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { checkYaml } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { Lexer, Parser, parse } from 'yaml';
import { ClusterError } from './cluster-error.js';
import type { BootstrapToken } from './core/bootstrap-token.js';

/** What the ConfigMap `cluster-info` of the namespace kube-public says to everybody: where the cluster is, and whom to trust. */
export interface ClusterInfo {
  readonly server: string;
  /** One certificate or several. */
  readonly caPem: string;
}

const MAX_CERTIFICATES = 100;

/**
 * The kubeconfig of `cluster-info`, once its signature by the token is right: whoever made it knows the token (cmd/kubeadm/app/discovery/token). The
 * signature is a JWS with detached content (RFC 7515, appendix F), HS256 and the token's id as `kid`.
 * @throws ClusterError CLUSTER_CREDENTIALS
 */
export const signedKubeconfig = (data: Readonly<Record<string, unknown>>, token: BootstrapToken): string => {
  const text = own(data, 'kubeconfig');
  if (text === undefined) throw untrusted('cluster-info has no kubeconfig: this cluster takes no nodes by bootstrap tokens');
  const signature = own(data, `jws-kubeconfig-${token.id}`);
  if (signature === undefined) {
    throw untrusted(
      `the cluster knows no token ${token.id}, or it has expired`,
      'Make one on a machine of the control plane, with kubeadm token create. One that is new is known after some seconds.',
    );
  }
  if (!isSignature(signature, text, token)) {
    throw untrusted(`what the server says was not signed by token ${token.id}: it is another cluster's, or a forgery`);
  }
  return text;
};

const isSignature = (jws: string, content: string, { id, secret }: BootstrapToken): boolean => {
  const [header = '', payload, signature = '', ...more] = jws.split('.');
  if (payload !== '' || more.length > 0 || !isHeader(header, id)) return false;
  const signed = createHmac('sha256', secret)
    .update(`${header}.${Buffer.from(content, 'utf8').toString('base64url')}`)
    .digest();
  const given = Buffer.from(signature, 'base64url');
  return given.length === signed.length && timingSafeEqual(given, signed);
};

const isHeader = (text: string, id: string): boolean => {
  try {
    const header: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    // Nothing that must be understood (`crit`) is.
    return isRecord(header) && header['alg'] === 'HS256' && header['kid'] === id && !Object.hasOwn(header, 'crit');
  } catch {
    return false;
  }
};

/**
 * The one cluster of the kubeconfig of `cluster-info`.
 * @throws ClusterError CLUSTER_BAD_REPLY
 */
export const parseClusterInfo = (kubeconfig: string): ClusterInfo => {
  let json: unknown;
  try {
    checkYaml(kubeconfig, { Lexer, Parser });
    json = parse(kubeconfig, { uniqueKeys: false, maxAliasCount: 10 });
  } catch (cause) {
    throw malformed(`is neither YAML nor JSON: ${describeError(cause)}`);
  }
  const clusters = isRecord(json) ? json['clusters'] : undefined;
  if (!Array.isArray(clusters) || clusters.length !== 1) throw malformed('must name one cluster');
  const [entry] = clusters as readonly unknown[];
  const cluster = isRecord(entry) ? entry['cluster'] : undefined;
  const server = isRecord(cluster) ? own(cluster, 'server') : undefined;
  const authority = isRecord(cluster) ? own(cluster, 'certificate-authority-data') : undefined;
  if (server === undefined || authority === undefined) throw malformed('lacks server or certificate-authority-data');
  if (parseUrl(server)?.protocol !== 'https:')
    throw malformed(`has a server that is no https URL: ${JSON.stringify(server.slice(0, 200))}`);
  return { server, caPem: Buffer.from(authority, 'base64').toString('utf8') };
};

/**
 * Sees that one of the certificates has a key with one of the hashes, as kubeadm does (cmd/kubeadm/app/util/pubkeypin).
 * @throws ClusterError CLUSTER_CREDENTIALS
 */
export const checkCaHash = (caPem: string, hashes: readonly string[]): void => {
  const pems = caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const found = pems.slice(0, MAX_CERTIFICATES).map(keyHash);
  if (found.some((hash) => hashes.includes(hash))) return;
  throw untrusted(
    found.length === 0
      ? 'cluster-info has no certificate of an authority'
      : `the authority of this cluster is not the one that was asked for: its key has sha256:${found.join(', sha256:')}`,
  );
};

const keyHash = (pem: string): string => {
  try {
    const { publicKey } = new X509Certificate(pem);
    return createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
  } catch (cause) {
    throw malformed(`has a certificate that cannot be read: ${describeError(cause)}`);
  }
};

/** A text that is not empty. */
const own = (holder: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const untrusted = (message: string, hint?: string): ClusterError =>
  new ClusterError({ code: 'CLUSTER_CREDENTIALS', message, ...(hint === undefined ? {} : { hint }) });

const malformed = (why: string): ClusterError =>
  new ClusterError({ code: 'CLUSTER_BAD_REPLY', message: `the kubeconfig in cluster-info ${why}` });
