import { X509Certificate } from 'node:crypto';
import { readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { writeDurably } from '@solo-kubelet/state-files';
import { delay } from '@solo-kubelet/timers';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { ApiClient } from './api-client.js';
import { ClusterError } from './cluster-error.js';
import { type Kubeconfig, loadKubeconfig } from './kubeconfig.js';
import { makeCertificateRequest } from './make-certificate-request.js';

export interface NodeCertificateOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  /** Where certificates are kept: `kubelet-client-current.pem` leads to the newest. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** The machine's clock, ms. Default `Date.now`. */
  readonly wallNow?: () => number;
}

interface Csr {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly status?: string; readonly message?: string }[];
  };
}

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const CURRENT = 'kubelet-client-current.pem';
const POLL_MS = 1_000;
/** How long a round waits for somebody to approve, ms (certificate_manager.go). */
const WAIT_MS = 15 * 60_000;
const MAX_PEM_BYTES = 1024 * 1024;

export const currentCertificatePath = (directory: string): string => join(directory, CURRENT);

/**
 * Asks the server for a client certificate of the node, with a new key, and waits until it is signed; it lies at `kubelet-client-current.pem` then, with its
 * key. Upstream: client-go util/certificate.
 */
export const requestNodeCertificate = async (options: NodeCertificateOptions): Promise<void> => {
  const { api, nodeName, directory, signal, wallNow = Date.now } = options;
  const { requestPem, keyPem } = await makeCertificateRequest({ commonName: `system:node:${nodeName}`, organization: 'system:nodes' });
  const body = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: {
      request: Buffer.from(requestPem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
    },
  };
  const made = await api.request<Csr>({ method: 'POST', path: CSRS, body, signal });
  const certificatePem = await signed(api, made, signal);
  await keep(directory, `${certificatePem.trimEnd()}\n${keyPem}`, wallNow());
};

const signed = async (api: Pick<ApiClient, 'request'>, made: Csr, signal: AbortSignal): Promise<string> => {
  const { name, uid } = made.metadata;
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += POLL_MS) {
    const csr = await api.request<Csr>({ method: 'GET', path: `${CSRS}/${encodeURIComponent(name)}`, signal });
    if (csr.metadata.uid !== uid) throw refused(name, 'it was replaced');
    const end = csr.status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (end !== undefined) throw refused(name, `${end.type}: ${end.message ?? ''}`);
    const approved = csr.status?.conditions?.some(({ type }) => type === 'Approved') === true;
    if (approved && csr.status?.certificate) return Buffer.from(csr.status.certificate, 'base64').toString('utf8');
    await delay(POLL_MS, undefined, { signal });
  }
  throw refused(name, `nobody approved it within ${WAIT_MS / 60_000} minutes`);
};

const refused = (name: string, why: string): ClusterError =>
  new ClusterError({
    code: 'CLUSTER_CREDENTIALS',
    message: `certificate signing request ${name}: ${why}`,
    retryable: true,
    hint: `kubectl certificate approve ${name}`,
  });

/** A file of its own for each certificate, and a link to the newest, set in one step. Earlier ones stay. */
const keep = async (directory: string, pem: string, wallMs: number): Promise<void> => {
  const path = join(directory, `kubelet-client-${new Date(wallMs).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-')}.pem`);
  await writeDurably(path, pem, { mode: 0o600, directoryMode: 0o755 });
  const current = currentCertificatePath(directory);
  const isLink = await readlink(current).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  if (!isLink) throw new ClusterError({ code: 'CLUSTER_CREDENTIALS', message: `${current} is no symbolic link, and is not replaced` });
  const updated = join(directory, 'kubelet-client-updated.pem');
  await rm(updated, { force: true });
  await symlink(path, updated);
  await rename(updated, current);
};

export interface BootstrapOptions extends Omit<NodeCertificateOptions, 'api'> {
  /** A kubeconfig whose credentials may only ask for a certificate. */
  readonly bootstrapPath: string;
  /** Where the node's own kubeconfig is, or is written to. */
  readonly kubeconfigPath: string;
  /** A client for the bootstrap kubeconfig. */
  readonly connect: (kubeconfig: Kubeconfig) => Pick<ApiClient, 'request'> & Disposable;
}

/**
 * Makes the node's kubeconfig by a bootstrap token, unless there is one whose certificate is good. True when it made one.
 * @throws ClusterError when the server cannot be reached, or nobody approves
 */
export const bootstrapKubeconfig = async (options: BootstrapOptions): Promise<boolean> => {
  const { bootstrapPath, kubeconfigPath, connect, wallNow = Date.now, ...rest } = options;
  if (await isGood(kubeconfigPath, wallNow())) return false;
  const kubeconfig = await loadKubeconfig(bootstrapPath);
  using api = connect(kubeconfig);
  await requestNodeCertificate({ ...rest, wallNow, api });
  const { server, certificateAuthority: ca, insecureSkipTlsVerify, tlsServerName } = kubeconfig;
  const pem = currentCertificatePath(rest.directory);
  const text = JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'default-cluster',
          cluster: {
            server,
            ...(ca?.type === 'text' ? { 'certificate-authority-data': Buffer.from(ca.text).toString('base64') } : {}),
            ...(ca?.type === 'file' ? { 'certificate-authority': ca.path } : {}),
            ...(insecureSkipTlsVerify ? { 'insecure-skip-tls-verify': true } : {}),
            ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
          },
        },
      ],
      users: [{ name: 'default-auth', user: { 'client-certificate': pem, 'client-key': pem } }],
      contexts: [{ name: 'default-context', context: { cluster: 'default-cluster', user: 'default-auth', namespace: 'default' } }],
      'current-context': 'default-context',
    },
    null,
    2,
  );
  await writeDurably(kubeconfigPath, `${text}\n`, { mode: 0o600, directoryMode: 0o755 });
  return true;
};

/** Whether a kubeconfig has a client certificate that has not expired. */
const isGood = async (path: string, wallMs: number): Promise<boolean> => {
  try {
    const { clientCertificate } = await loadKubeconfig(path);
    if (clientCertificate === undefined) return false;
    const { certificate } = clientCertificate;
    const pem = certificate.type === 'text' ? certificate.text : await readPem(certificate.path);
    return certificateLife(pem).notAfterMs > wallMs;
  } catch (error) {
    if (ClusterError.is(error) || error instanceof Error) return false;
    throw error;
  }
};

const readPem = async (path: string): Promise<string> =>
  (await readRegular(path, { followLinks: true, maxBytes: MAX_PEM_BYTES })).toString('utf8');

interface Life {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const certificateLife = (pem: string): Life => {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
};

/**
 * When the current certificate is to be replaced, ms by the machine's clock: at 70 to 90 % of its life. `random` from 0 to 1. Undefined: there is none.
 */
export const rotationDueAtMs = async (directory: string, random: number): Promise<number | undefined> => {
  const pem = await readPem(currentCertificatePath(directory)).catch(() => undefined);
  if (pem === undefined) return undefined;
  try {
    const { notBeforeMs, notAfterMs } = certificateLife(pem);
    return notBeforeMs + (notAfterMs - notBeforeMs) * (0.7 + 0.2 * random);
  } catch (error) {
    throw new ClusterError({ code: 'CLUSTER_CREDENTIALS', message: `${currentCertificatePath(directory)}: ${describeError(error)}` });
  }
};
