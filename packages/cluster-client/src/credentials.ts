import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { describeError } from '@solo-kubelet/diagnostics';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { ClusterError } from './cluster-error.js';
import { type ExecCredential, runExecPlugin } from './exec-plugin.js';
import type { Kubeconfig, TextOrFile } from './kubeconfig.js';

/** What a connection needs. Another `version` when anything of it changed: connections made with the old one are to be closed. */
export interface TlsMaterial {
  readonly version: string;
  readonly ca: string | undefined;
  readonly certificate: { readonly certificate: string; readonly key: string } | undefined;
}

/** Who one is to the server, as files and plugins say it now. */
export interface Credentials {
  readonly tls: (signal: AbortSignal) => Promise<TlsMaterial>;
  /** Headers that say it in each request. */
  readonly headers: (signal: AbortSignal) => Promise<Readonly<OutgoingHttpHeaders>>;
  /** The server refused them (401): what is cached is not used again. */
  readonly refused: () => void;
}

export interface CredentialsOptions {
  readonly kubeconfig: Kubeconfig;
  /** For plugins. Default: nothing. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A clock that nobody sets, ms. */
  readonly now?: () => number;
  /** The machine's clock, ms, for times that plugins give. */
  readonly wallNow?: () => number;
}

const MAX_FILE_BYTES = 1024 * 1024;
/** How long a token of a file is used before the file is read again, ms (client-go rest/token_source.go). */
const TOKEN_MS = 60_000 - 10_000;
/** Certificates are rotated by others: looked at this often, ms (pkg/kubelet/certificate/transport.go). */
const CERTIFICATE_MS = 10_000;

/** Reads again what lies in files, and asks plugins again, as it grows old. What cannot be read anew stays as it was. */
export const createCredentials = (options: CredentialsOptions): Credentials => {
  const { kubeconfig, env = {}, now = () => performance.now(), wallNow = Date.now } = options;
  const token = kubeconfig.token && cached(() => readText(kubeconfig.token!), TOKEN_MS, now);
  const ca = kubeconfig.certificateAuthority && cached(() => readText(kubeconfig.certificateAuthority!), CERTIFICATE_MS, now);
  const pair =
    kubeconfig.clientCertificate &&
    cached(
      async () => {
        const { certificate, key } = kubeconfig.clientCertificate!;
        const text = await readText(certificate);
        // A link to both may lead to others a moment later.
        return { certificate: text, key: isSameFile(certificate, key) ? text : await readText(key) };
      },
      CERTIFICATE_MS,
      now,
    );
  let granted: ExecCredential | undefined;
  let asking: Promise<ExecCredential> | undefined;
  const plugin = kubeconfig.exec;
  const exec = async (signal: AbortSignal): Promise<ExecCredential | undefined> => {
    if (plugin === undefined) return undefined;
    if (granted !== undefined && (granted.expiresAtMs === undefined || granted.expiresAtMs > wallNow())) return granted;
    asking ??= (async () => runExecPlugin(plugin, { env, kubeconfig, certificateAuthority: await ca?.get(), signal }))().finally(
      () => (asking = undefined),
    );
    granted = await asking;
    return granted;
  };
  return {
    tls: async (signal) => {
      const authority = await ca?.get();
      const certificate = (await pair?.get()) ?? (await exec(signal))?.clientCertificate;
      const hash = createHash('sha256').update(JSON.stringify([authority, certificate]));
      return { version: hash.digest('base64'), ca: authority, certificate };
    },
    headers: async (signal) => {
      const bearer = (await token?.get())?.trim() ?? (await exec(signal))?.token;
      const { basic, impersonate } = kubeconfig;
      const authorization =
        bearer !== undefined
          ? `Bearer ${bearer}`
          : basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
      return { ...(authorization === undefined ? {} : { authorization }), ...impersonationHeaders(impersonate) };
    },
    refused: () => {
      token?.forget();
      granted = undefined;
    },
  };
};

const impersonationHeaders = (who: Kubeconfig['impersonate']): Readonly<OutgoingHttpHeaders> =>
  who === undefined
    ? {}
    : {
        'impersonate-user': who.user,
        ...(who.uid === '' ? {} : { 'impersonate-uid': who.uid }),
        ...(who.groups.length === 0 ? {} : { 'impersonate-group': [...who.groups] }),
        ...Object.fromEntries(Object.entries(who.extra).map(([name, values]) => [`impersonate-extra-${encodeURIComponent(name)}`, values])),
      };

/** A value that is read again when it is old; an old one serves on while that fails. */
const cached = <T>(read: () => Promise<T>, maxAgeMs: number, now: () => number) => {
  let known: { readonly value: T; readonly readAtMs: number } | undefined;
  let stale = false;
  return {
    get: async (): Promise<T> => {
      if (known !== undefined && !stale && now() - known.readAtMs < maxAgeMs) return known.value;
      try {
        known = { value: await read(), readAtMs: now() };
        stale = false;
      } catch (error) {
        if (known === undefined) throw error;
        known = { ...known, readAtMs: now() };
      }
      return known.value;
    },
    forget: () => {
      stale = true;
    },
  };
};

const isSameFile = (one: TextOrFile, other: TextOrFile): boolean => one.type === 'file' && other.type === 'file' && one.path === other.path;

const readText = async (source: TextOrFile): Promise<string> => {
  if (source.type === 'text') return source.text;
  try {
    return (await readRegular(source.path, { followLinks: true, maxBytes: MAX_FILE_BYTES })).toString('utf8');
  } catch (cause) {
    throw new ClusterError({
      code: 'CLUSTER_CREDENTIALS',
      message: `cannot read ${source.path}: ${describeError(cause)}`,
      retryable: true,
    });
  }
};
