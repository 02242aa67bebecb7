import { checkYaml } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { Lexer, Parser, parse } from 'yaml';
import { type ApiClient, createApiClient } from './api-client.js';
import { ClusterError, isNotFound } from './cluster-error.js';
import { type ClusterInfo, checkCaHash, parseClusterInfo, signedKubeconfig } from './cluster-info.js';
import { type BootstrapToken, parseBootstrapToken, parseCaCertHash } from './core/bootstrap-token.js';
import { createCredentials } from './credentials.js';
import type { Kubeconfig } from './kubeconfig.js';

export interface DiscoverOptions {
  /** `https://HOST:PORT`, or `HOST:PORT`. */
  readonly server: string;
  /** kubeadm's: `abcdef.0123456789abcdef`. */
  readonly token: string;
  /** `sha256:HEX` of the public key of the cluster's authority; one of them must fit. At least one. */
  readonly caCertHashes: readonly string[];
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Of each request, ms. Default 15 000. */
  readonly timeoutMs?: number;
}

/** A cluster that is the one it was said to be, and takes the token. */
export interface DiscoveredCluster extends ClusterInfo {
  /** Of the cluster's own KubeletConfiguration (ConfigMap `kubelet-config`), as far as a bootstrap token may read it. */
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const KUBELET_CONFIG = '/api/v1/namespaces/kube-system/configmaps/kubelet-config';

interface ConfigMap {
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * Finds out whom to trust with nothing but a token and a hash, as `kubeadm join` does: asks without trust, checks the token's signature and the
 * authority's hash, asks again over a connection that the authority vouches for, and wants the same answer. The token is sent only after that.
 * @throws ClusterError CLUSTER_CREDENTIALS for what cannot be trusted, and a token or hash of the wrong form; others for requests that fail
 */
export const discoverCluster = async (options: DiscoverOptions): Promise<DiscoveredCluster> => {
  const token = parseBootstrapToken(options.token);
  const hashes = options.caCertHashes.map(parseCaCertHash);
  const server = serverUrl(options.server);
  const untrusted = await readInfo(options, { server, insecureSkipTlsVerify: true });
  const text = signedKubeconfig(untrusted, token);
  const info = parseClusterInfo(text);
  checkCaHash(info.caPem, hashes);
  const again = await readInfo(options, { server, caPem: info.caPem });
  if (signedKubeconfig(again, token) !== text) {
    throw new ClusterError({
      code: 'CLUSTER_CREDENTIALS',
      message: 'the server said one thing before it was trusted and another after: do not trust it',
    });
  }
  return { ...info, ...(await readKubeletConfig(options, { server: info.server, caPem: info.caPem, token })) };
};

/** @throws ClusterError CLUSTER_KUBECONFIG */
const serverUrl = (text: string): string => {
  const full = text.includes('://') ? text : `https://${text}`;
  const url = parseUrl(full);
  if (url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '') return full.replace(/(?<!\/)\/+$/, '');
  throw new ClusterError({
    code: 'CLUSTER_KUBECONFIG',
    // A URL may hold a password.
    message: 'this is no address of an API server: want https://HOST:PORT',
  });
};

interface Way {
  readonly server: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly caPem?: string;
  readonly token?: BootstrapToken;
}

const connect = ({ userAgent, timeoutMs = DEFAULT_TIMEOUT_MS }: DiscoverOptions, way: Way): ApiClient => {
  const { server, insecureSkipTlsVerify = false, caPem, token } = way;
  const kubeconfig: Kubeconfig = {
    server,
    tlsServerName: undefined,
    insecureSkipTlsVerify,
    certificateAuthority: caPem === undefined ? undefined : { type: 'text', text: caPem },
    clientCertificate: undefined,
    token: token && { type: 'text', text: `${token.id}.${token.secret}` },
    basic: undefined,
    exec: undefined,
    impersonate: undefined,
  };
  return createApiClient({
    kubeconfig,
    credentials: createCredentials({ kubeconfig }),
    userAgent,
    timeoutMs,
    maxBodyBytes: MAX_BODY_BYTES,
  });
};

const readInfo = async (options: DiscoverOptions, way: Way): Promise<Readonly<Record<string, unknown>>> => {
  using api = connect(options, way);
  const { data } = await api.request<ConfigMap>({ method: 'GET', path: CLUSTER_INFO, signal: options.signal }).catch((cause: unknown) => {
    if (!isNotFound(cause) && !isForbidden(cause)) throw cause;
    throw new ClusterError({
      code: 'CLUSTER_REFUSED',
      message: `${way.server} shows no ConfigMap cluster-info in kube-public to everybody: it takes no nodes by bootstrap tokens`,
      hint: 'k3s and managed clusters have ways of their own: give the kubelet a kubeconfig of theirs.',
      cause,
    });
  });
  return data ?? {};
};

const isForbidden = (error: unknown): boolean => ClusterError.is(error) && (error.status === 403 || error.status === 401);

/** Also the first use of the token: a server that does not know it says so now, and not to a service that is already installed. */
const readKubeletConfig = async (options: DiscoverOptions, way: Way): Promise<Pick<DiscoveredCluster, 'clusterDNS' | 'clusterDomain'>> => {
  using api = connect(options, way);
  try {
    const { data } = await api.request<ConfigMap>({ method: 'GET', path: KUBELET_CONFIG, signal: options.signal });
    return dnsOf(data?.['kubelet']);
  } catch (error) {
    if (ClusterError.is(error) && error.status === 401)
      throw new ClusterError({ code: 'CLUSTER_CREDENTIALS', message: `${way.server} does not take token ${way.token?.id}`, cause: error });
    if (isNotFound(error) || isForbidden(error)) return NO_DNS;
    throw error;
  }
};

const NO_DNS = { clusterDNS: [], clusterDomain: undefined };
const MAX_SERVERS = 10;

const dnsOf = (text: unknown): Pick<DiscoveredCluster, 'clusterDNS' | 'clusterDomain'> => {
  if (typeof text !== 'string') return NO_DNS;
  let json: unknown;
  try {
    checkYaml(text, { Lexer, Parser });
    json = parse(text, { uniqueKeys: false, maxAliasCount: 10 });
  } catch {
    return NO_DNS;
  }
  const { clusterDNS, clusterDomain } = (json ?? {}) as { readonly clusterDNS?: unknown; readonly clusterDomain?: unknown };
  const servers = Array.isArray(clusterDNS) ? (clusterDNS as readonly unknown[]) : [];
  return {
    clusterDNS: servers.filter((each) => typeof each === 'string').slice(0, MAX_SERVERS),
    clusterDomain: typeof clusterDomain === 'string' && clusterDomain !== '' ? clusterDomain : undefined,
  };
};
