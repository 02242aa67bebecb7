import { execFile } from 'node:child_process';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { ClusterError } from './cluster-error.js';
import type { ExecPlugin, Kubeconfig } from './kubeconfig.js';

export interface ExecCredential {
  readonly token: string | undefined;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
  /** Wall clock, ms; undefined: until the server refuses it. */
  readonly expiresAtMs: number | undefined;
}

export interface RunExecPluginOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kubeconfig: Pick<Kubeconfig, 'server' | 'tlsServerName' | 'insecureSkipTlsVerify'>;
  /** PEM text of the cluster's authority. */
  readonly certificateAuthority: string | undefined;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Asks a credential plugin (client-go's exec protocol). Its output is in no message: it holds secrets.
 * @throws ClusterError CLUSTER_CREDENTIALS
 */
export const runExecPlugin = async (plugin: ExecPlugin, options: RunExecPluginOptions): Promise<ExecCredential> => {
  const { kubeconfig, certificateAuthority } = options;
  const cluster = {
    server: kubeconfig.server,
    ...(kubeconfig.tlsServerName === undefined ? {} : { 'tls-server-name': kubeconfig.tlsServerName }),
    ...(kubeconfig.insecureSkipTlsVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(certificateAuthority === undefined ? {} : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') }),
  };
  const info = {
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) },
  };
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  const env = { ...options.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const output = await new Promise<string>((resolve, reject) => {
    const settings = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, signal: options.signal, encoding: 'utf8' as const };
    execFile(plugin.command, [...plugin.args], settings, (error, stdout) => {
      if (error === null) resolve(stdout);
      else
        reject(
          failed(plugin, 'code' in error && typeof error.code === 'number' ? `it ended with code ${error.code}` : error.message, error),
        );
    });
  });
  return readCredential(plugin, output);
};

const readCredential = (plugin: ExecPlugin, output: string): ExecCredential => {
  let json: { apiVersion?: unknown; kind?: unknown; status?: Readonly<Record<string, unknown>> } | null;
  try {
    json = parseBoundedJson(output) as typeof json;
  } catch {
    throw failed(plugin, 'it did not print JSON');
  }
  if (json?.kind !== 'ExecCredential' || json.apiVersion !== plugin.apiVersion)
    throw failed(plugin, `it did not print an ExecCredential of ${plugin.apiVersion}`);
  const text = (name: string): string | undefined => {
    const value = json?.status?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [token, certificate, key, expires] = ['token', 'clientCertificateData', 'clientKeyData', 'expirationTimestamp'].map(text);
  if ((certificate === undefined) !== (key === undefined))
    throw failed(plugin, 'it gave only one of clientCertificateData and clientKeyData');
  if (token === undefined && certificate === undefined) throw failed(plugin, 'it gave neither a token nor a certificate');
  const expiresAtMs = expires === undefined ? Number.NaN : Date.parse(expires);
  return {
    token,
    clientCertificate: certificate !== undefined && key !== undefined ? { certificate, key } : undefined,
    expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
  };
};

const failed = (plugin: ExecPlugin, why: string, cause?: unknown): ClusterError =>
  new ClusterError({
    code: 'CLUSTER_CREDENTIALS',
    message: `credential plugin ${plugin.command}: ${cause === undefined ? why : describeError(new Error(why))}`,
    retryable: true,
    ...(plugin.installHint === '' ? {} : { hint: plugin.installHint }),
  });
