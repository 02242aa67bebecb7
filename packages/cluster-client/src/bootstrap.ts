import { writeDurably } from '@solo-kubelet/state-files';
import type { ApiClient } from './api-client.js';
import { currentCertificatePath, readPem } from './certificate-files.js';
import { certificateLife } from './certificate-life.js';
import { ClusterError } from './cluster-error.js';
import { type Kubeconfig, loadKubeconfig } from './kubeconfig.js';
import { type NodeCertificateOptions, requestNodeCertificate } from './request-certificate.js';

export interface BootstrapOptions extends Omit<NodeCertificateOptions, 'api' | 'kind' | 'names'> {
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
  const pem = currentCertificatePath(rest.directory, 'client');
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
