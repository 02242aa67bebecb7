import { describeError } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import type { ApiClient } from './api-client.js';
import { keepCertificateFile } from './certificate-files.js';
import type { CertificateKind, CertificateNames } from './certificate-life.js';
import { ClusterError } from './cluster-error.js';
import { makeCertificateRequest } from './make-certificate-request.js';

export interface NodeCertificateOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  /** Default `client`. */
  readonly kind?: CertificateKind;
  /** Of a serving certificate. Default: none. */
  readonly names?: CertificateNames;
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
/** A look comes after a tenth of the time that was waited so far, but within these, ms. */
const [SHORTEST_POLL_MS, LONGEST_POLL_MS] = [1_000, 10_000];
/** How long a round waits for somebody to approve, ms (certificate_manager.go). */
const WAIT_MS = 15 * 60_000;

/** Who signs, and what for (pkg/apis/certificates). */
const SIGNERS = {
  client: { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'client auth'] },
  server: { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] },
} as const;

/**
 * Asks the server for a certificate of the node, with a new key, and waits until it is signed; it lies at `kubelet-client-current.pem` or
 * `kubelet-server-current.pem` then, with its key. Upstream: client-go util/certificate.
 * @throws ClusterError when the server cannot be asked, says no, or nobody approves within 15 minutes
 */
export const requestNodeCertificate = async (options: NodeCertificateOptions): Promise<void> => {
  const { api, nodeName, kind = 'client', names, directory, signal, wallNow = Date.now } = options;
  const subject = { commonName: `system:node:${nodeName}`, organization: 'system:nodes' };
  const { requestPem, keyPem } = await makeCertificateRequest(subject, names);
  const body = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: { request: Buffer.from(requestPem).toString('base64'), ...SIGNERS[kind] },
  };
  const made = await api.request<Csr>({ method: 'POST', path: CSRS, body, signal });
  const certificatePem = await signed(api, made, signal);
  await keepCertificateFile(directory, kind, `${certificatePem.trimEnd()}\n${keyPem}`, wallNow()).catch((cause: unknown) => {
    if (ClusterError.is(cause)) throw cause;
    const message = `cannot keep the certificate in ${directory}: ${describeError(cause)}`;
    throw new ClusterError({ code: 'CLUSTER_CREDENTIALS', message, retryable: true });
  });
};

const signed = async (api: Pick<ApiClient, 'request'>, made: Csr, signal: AbortSignal): Promise<string> => {
  const { name, uid } = made.metadata;
  for (let waitedMs = 0; waitedMs < WAIT_MS; ) {
    const csr = await api.request<Csr>({ method: 'GET', path: `${CSRS}/${encodeURIComponent(name)}`, signal });
    if (csr.metadata.uid !== uid) throw refused(name, 'it was replaced');
    const end = csr.status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (end !== undefined) throw refused(name, `${end.type}: ${end.message ?? ''}`);
    const approved = csr.status?.conditions?.some(({ type }) => type === 'Approved') === true;
    if (approved && csr.status?.certificate) return Buffer.from(csr.status.certificate, 'base64').toString('utf8');
    const pollMs = Math.min(Math.max(waitedMs / 10, SHORTEST_POLL_MS), LONGEST_POLL_MS);
    await delay(pollMs, undefined, { signal });
    waitedMs += pollMs;
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
