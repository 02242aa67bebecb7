import {
  type ApiClient,
  bootstrapKubeconfig,
  type CertificateReport,
  ClusterError,
  createApiClient,
  createCredentials,
  currentCertificatePath,
  type Kubeconfig,
  keepCertificate,
  loadKubeconfig,
} from '@solo-kubelet/cluster-client';
import { type NodeObject, servingNames } from '@solo-kubelet/control-plane';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { delay as pause } from '@solo-kubelet/timers';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { EMPTY, ignoreElements, map, merge, type Observable, of, tap } from 'rxjs';
import type { KubeletConfiguration } from '../config/fields.js';
import { USER_AGENT } from './user-agent.js';

const BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 32_000 };

type Environment = Readonly<Record<string, string | undefined>>;

const connector =
  (env: Environment) =>
  (kubeconfig: Kubeconfig): ApiClient =>
    createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig, env }), userAgent: USER_AGENT });

export interface BootstrapNodeOptions {
  /** Where the kubeconfig is to be. */
  readonly kubeconfigPath: string;
  readonly certDirectory: string;
  readonly nodeName: string;
  readonly env: Environment;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Waits for a certificate as long as it takes: without one the node cannot join. */
export const bootstrapNode = async (
  { kubeconfigPath, certDirectory, nodeName, env, logger, signal }: BootstrapNodeOptions,
  bootstrapPath: string,
): Promise<void> => {
  const connect = connector(env);
  for (let failures = 1; ; failures += 1) {
    try {
      const made = await bootstrapKubeconfig({ bootstrapPath, kubeconfigPath, directory: certDirectory, nodeName, connect, signal });
      if (made) logger.info({ path: kubeconfigPath }, 'The cluster has signed a certificate for this node');
      return;
    } catch (error) {
      if (signal.aborted || !ClusterError.is(error) || error.code === 'CLUSTER_KUBECONFIG') throw error;
      logger.warn({ err: describeError(error), hint: error.hint }, 'No certificate for this node yet; trying again');
    }
    await pause(backoffMs(BACKOFF, failures), undefined, { signal });
  }
};

export interface NodeCertificatesOptions extends Pick<BootstrapNodeOptions, 'certDirectory' | 'nodeName' | 'env' | 'logger'> {
  /** The kubeconfig with a bootstrap token; undefined: there is none. */
  readonly bootstrapPath: string | undefined;
  readonly config: Pick<KubeletConfiguration, 'rotateCertificates' | 'serverTLSBootstrap'>;
  readonly api: ApiClient;
  readonly kubeconfig: Kubeconfig;
  /** The Node as the server holds it. */
  readonly node$: Observable<NodeObject | undefined>;
}

/** Replaces the client certificate in time (`rotateCertificates`), and has one for the node's own API signed (`serverTLSBootstrap`). */
export const nodeCertificates = (options: NodeCertificatesOptions): Observable<never> => {
  const { config, api, kubeconfig, bootstrapPath, certDirectory: directory, nodeName, env, logger, node$ } = options;
  const shared = { nodeName, directory, scheduler: steadyScheduler };
  const { certificate } = kubeconfig.clientCertificate ?? {};
  const isKept = certificate?.type === 'file' && certificate.path === currentCertificatePath(directory, 'client');
  const client$ = keepCertificate({
    ...shared,
    kind: 'client',
    // An expired certificate cannot ask for the next one; the token that was good for the first may be.
    api: async ({ expired }) => (expired && bootstrapPath !== undefined ? connector(env)(await loadKubeconfig(bootstrapPath)) : lent(api)),
    names$: of({ dnsNames: [], ips: [] }),
  });
  const server$ = keepCertificate({
    ...shared,
    kind: 'server',
    api: async () => lent(api),
    names$: node$.pipe(map((node) => (node === undefined ? undefined : servingNames(node)))),
  });
  return merge(config.rotateCertificates && isKept ? client$ : EMPTY, config.serverTLSBootstrap ? server$ : EMPTY).pipe(
    tap((report) => tell(logger, directory, report)),
    ignoreElements(),
  );
};

/** Not the borrower's to close. */
const lent = ({ request }: ApiClient): Pick<ApiClient, 'request'> => ({ request });

const tell = (logger: Logger, directory: string, report: CertificateReport): void => {
  const what = report.kind === 'client' ? 'this node' : "this node's API";
  if (report.type === 'signed') {
    logger.info({ directory }, `The cluster has signed a new certificate for ${what}`);
    return;
  }
  const { error } = report;
  logger.warn({ err: describeError(error), hint: error.hint }, `No new certificate for ${what}; trying again`);
};
