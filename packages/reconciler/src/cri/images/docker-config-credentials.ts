import { join } from 'node:path';
import { checkDuration } from '@solo-kubelet/timers';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { ImageCredentials, RegistryAuth } from './image-credentials.js';
import { matchingAuths } from './registry-keyring.js';

export interface DockerConfigCredentialsOptions {
  /** Directories that may hold `config.json`, or the older `.dockercfg`; the first sound file wins. Upstream: root dir, working dir, `$HOME/.docker`, `/.docker`. */
  readonly configDirs: readonly string[];
  /** Directories that may hold the older `.dockercfg`: root dir, working dir, `$HOME`, `/`. Default: none. */
  readonly legacyDirs?: readonly string[];
  /** For how long a file that was read counts, ms. Default 5 min. */
  readonly cacheMs?: number;
  /** A clock that nobody can set, ms. Default `steadyNow`. */
  readonly now?: () => number;
}

/** What a text of docker's configuration, or of its older form, has, by the keys there. @throws SyntaxError for a text that is no JSON */
export const dockerConfigEntries = (
  text: string,
  form: 'config.json' | '.dockercfg',
): readonly (readonly [key: string, auth: RegistryAuth])[] => {
  const json: unknown = JSON.parse(text);
  return Object.entries(parseAuths(form === '.dockercfg' ? json : (json as { auths?: unknown } | null)?.auths) ?? {});
};

const DEFAULT_CACHE_MS = 300_000;
/** As upstream reads of a configuration that comes by HTTP (pkg/credentialprovider/config.go). */
const MAX_FILE_BYTES = 10 << 20;

type Auths = Readonly<Record<string, RegistryAuth>>;

/** Credentials from docker's config files, as the kubelet reads them: only `auths`; helpers and identity tokens are left alone. */
export const dockerConfigCredentials = ({
  configDirs,
  legacyDirs = [],
  cacheMs: givenCacheMs,
  now = steadyNow,
}: DockerConfigCredentialsOptions): ImageCredentials => {
  const cacheMs = checkDuration('cacheMs', givenCacheMs, DEFAULT_CACHE_MS);
  let cached: { readonly auths: Auths; readonly untilMs: number } | undefined;
  return {
    lookup: async (repository) => {
      const nowMs = now();
      if (cached === undefined || cached.untilMs <= nowMs)
        cached = { auths: await readFirst(configDirs, legacyDirs), untilMs: nowMs + cacheMs };
      return matchingAuths(cached.auths, repository);
    },
  };
};

const readFirst = async (configDirs: readonly string[], legacyDirs: readonly string[]): Promise<Auths> => {
  for (const directory of configDirs) {
    const auths = await readAuths(join(directory, 'config.json'), (json) => (json as { auths?: unknown }).auths);
    if (auths !== undefined) return auths;
  }
  for (const directory of legacyDirs) {
    const auths = await readAuths(join(directory, '.dockercfg'), (json) => json);
    if (auths !== undefined) return auths;
  }
  return {};
};

/** undefined: no such file, or not one that can be read as such. Nothing of its content is told. */
const readAuths = async (path: string, authsOf: (json: unknown) => unknown): Promise<Auths | undefined> => {
  try {
    return parseAuths(authsOf(JSON.parse((await readRegular(path, { maxBytes: MAX_FILE_BYTES, followLinks: true })).toString('utf8'))));
  } catch {
    return undefined;
  }
};

const parseAuths = (auths: unknown): Auths | undefined => {
  if (typeof auths !== 'object' || auths === null) return undefined;
  return Object.fromEntries(
    Object.entries(auths).flatMap(([key, entry]) => {
      const auth = authOf(entry as AuthEntry | null);
      return auth === undefined ? [] : [[key, auth] as const];
    }),
  );
};

interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly email?: unknown;
}

/** `auth` is base64 of `user:password` and goes before the pair. */
const authOf = (entry: AuthEntry | null): RegistryAuth | undefined => {
  const email = typeof entry?.email === 'string' && entry.email !== '' ? { email: entry.email } : {};
  if (typeof entry?.auth === 'string' && entry.auth !== '') {
    const text = Buffer.from(entry.auth, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return undefined;
    return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/(?<!\0)\0+$/, ''), ...email };
  }
  return typeof entry?.username === 'string' && typeof entry.password === 'string' && entry.username !== ''
    ? { username: entry.username, password: entry.password, ...email }
    : undefined;
};
