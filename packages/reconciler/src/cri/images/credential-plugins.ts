import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { checkDuration, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import type { ImageCredentials, RegistryAuth, TrackedAuth } from './image-credentials.js';
import { keyMatches, matchingAuths } from './registry-keyring.js';

/** One entry of a CredentialProviderConfig's `providers`. */
export interface CredentialProvider {
  /** Of the executable in `binDir`. */
  readonly name: string;
  readonly matchImages: readonly string[];
  /** Go duration already turned into ms. */
  readonly defaultCacheDurationMs: number;
  /** `credentialprovider.kubelet.k8s.io/v1`. */
  readonly apiVersion: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  /** Whether it insists on a service account's token: such a one is never asked here, for there are none. */
  readonly requireServiceAccount?: boolean;
}

export interface CredentialPluginsOptions {
  readonly binDir: string;
  readonly providers: readonly CredentialProvider[];
  /** Environment of the plugins besides their own `env`; the caller's, usually. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 1 min. */
  readonly timeoutMs?: number;
  /** A clock that nobody can set, ms. Default `steadyNow`. */
  readonly now?: () => number;
  /** Told when a plugin could not answer: its name and why, never what it wrote. */
  readonly onFailure?: (failure: { readonly provider: string; readonly message: string }) => void;
}

interface PluginResponse {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly cacheKeyType?: unknown;
  readonly cacheDuration?: unknown;
  readonly auth?: Readonly<Record<string, RegistryAuth>> | null;
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** More than any set of credentials; what is beyond is no answer. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Credentials from exec plugins. Upstream: pkg/credentialprovider/plugin/plugin.go. */
export const credentialPlugins = (options: CredentialPluginsOptions): ImageCredentials => {
  const { providers, now = steadyNow, onFailure = () => {} } = options;
  checkDuration('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS);
  const cache = new Map<string, { readonly auth: Readonly<Record<string, RegistryAuth>>; readonly untilMs: number }>();

  const ask = async (provider: CredentialProvider, repository: string, signal: AbortSignal | undefined) => {
    const nowMs = now();
    const host = repository.slice(0, repository.indexOf('/'));
    for (const key of [repository, host, '']) {
      const known = cache.get(`${provider.name} ${key}`);
      if (known !== undefined && known.untilMs > nowMs) return known.auth;
    }
    const response = await runPlugin(provider, repository, options, signal);
    const auth = response.auth ?? {};
    const durationMs = durationOf(response.cacheDuration) ?? provider.defaultCacheDurationMs;
    const key = response.cacheKeyType === 'Global' ? '' : response.cacheKeyType === 'Registry' ? host : repository;
    if (durationMs > 0) cache.set(`${provider.name} ${key}`, { auth, untilMs: nowMs + durationMs });
    return auth;
  };

  return {
    lookup: async (repository, { signal }) => {
      const found: RegistryAuth[] = [];
      for (const provider of providers) {
        if (provider.requireServiceAccount === true || !provider.matchImages.some((key) => keyMatches(key, repository))) continue;
        try {
          found.push(...matchingAuths(await ask(provider, repository, signal), repository).map(credentialsAlone));
        } catch (error) {
          signal?.throwIfAborted();
          onFailure({ provider: provider.name, message: error instanceof Error ? error.message : 'failed' });
        }
      }
      return found;
    },
  };
};

/** Asks each in turn: node files before plugins, as upstream. */
export const joinCredentials = (sources: readonly ImageCredentials[]): ImageCredentials => ({
  lookup: async (repository, options) => {
    const found: TrackedAuth[] = [];
    for (const source of sources) found.push(...(await source.lookup(repository, options)));
    return found;
  },
  missing: (pullSecrets) => sources.flatMap((source) => source.missing?.(pullSecrets) ?? []),
});

const runPlugin = (
  { name, args = [], env = [], apiVersion }: CredentialProvider,
  image: string,
  { binDir, env: inherited, timeoutMs = DEFAULT_TIMEOUT_MS }: CredentialPluginsOptions,
  signal: AbortSignal | undefined,
): Promise<PluginResponse> =>
  new Promise((resolve, reject) => {
    const limit = joinSignals([signal, timeoutSignal(timeoutMs)]);
    const own = Object.fromEntries(env.map((variable) => [variable.name, variable.value]));
    const child = spawn(join(binDir, name), [...args], {
      env: { ...inherited, ...own },
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: limit.signal,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_RESPONSE_BYTES) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.once('error', () => {
      // A child of it may hold its output for as long as it likes.
      child.stdout.destroy();
      reject(new Error(`credential provider ${name} could not be run, or took over ${timeoutMs / 1000} s`));
    });
    child.once('close', (code) => {
      limit[Symbol.dispose]();
      if (code !== 0) return reject(new Error(`credential provider ${name} exited with ${code}`));
      try {
        const response = parseBoundedJson(Buffer.concat(chunks).toString('utf8')) as PluginResponse;
        if (response?.apiVersion !== apiVersion || response.kind !== 'CredentialProviderResponse') throw new Error('wrong kind');
        if (!isAuth(response.auth ?? {})) throw new Error('wrong credentials');
        resolve(response);
      } catch {
        reject(new Error(`credential provider ${name} gave no CredentialProviderResponse of ${apiVersion}`));
      }
    });
    child.stdin.on('error', () => {}); // a plugin may end without reading
    child.stdin.end(JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, image }));
  });

/** Nothing else that a plugin may have written there. */
const credentialsAlone = ({ username, password }: RegistryAuth): RegistryAuth => ({ username, password });

/** Texts by the names that the kubelet reads, for each key; anything else is for others. */
const isAuth = (auth: unknown): auth is Readonly<Record<string, RegistryAuth>> =>
  isRecord(auth) &&
  Object.values(auth).every((entry) => isRecord(entry) && ['username', 'password'].every((name) => isTextOrAbsent(entry[name])));
const isTextOrAbsent = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string';

/** `2562047h47m16.854775807s` is the longest that Go knows. */
const MAX_DURATION_LENGTH = 64;

/** Go's duration text, such as `6h0m0s`, in ms. */
const durationOf = (text: unknown): number | undefined => {
  if (typeof text !== 'string' || text.length > MAX_DURATION_LENGTH) return undefined;
  const units = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, value, unit]) => sum + Number(value) * units[unit as keyof typeof units], 0);
};
