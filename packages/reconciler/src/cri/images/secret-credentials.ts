import { dockerConfigEntries } from './docker-config-credentials.js';
import type { ImageCredentials, TrackedAuth } from './image-credentials.js';
import { matchingEntries } from './registry-keyring.js';

/** A Secret as far as pulls use it; `data` is base64. */
export interface PullSecret {
  readonly type?: string | undefined;
  readonly data?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: { readonly uid?: string | undefined } | undefined;
}

/** Where each type keeps its text; Secrets of other types are passed over (pkg/credentialprovider/secrets). */
const FORMS: Readonly<Record<string, readonly [key: string, form: 'config.json' | '.dockercfg']>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson', 'config.json'],
  'kubernetes.io/dockercfg': ['.dockercfg', '.dockercfg'],
};

/**
 * Credentials from the Secrets that a pod names, of all of them the most specific first. A Secret that cannot be read makes the pull fail, without a
 * word of what is in it.
 */
export const secretCredentials = (secret: (namespace: string, name: string) => PullSecret | undefined): ImageCredentials => ({
  lookup: async (repository, { pullSecrets }) => {
    const namespace = pullSecrets?.namespace ?? '';
    const entries = (pullSecrets?.names ?? []).flatMap((name): (readonly [string, TrackedAuth])[] => {
      const found = secret(namespace, name);
      const [key, form] = (found?.type === undefined ? undefined : FORMS[found.type]) ?? [];
      const text = key === undefined ? undefined : found?.data?.[key];
      if (!text || form === undefined) return [];
      const source = { uid: found?.metadata?.uid ?? '', namespace, name };
      try {
        return dockerConfigEntries(Buffer.from(text, 'base64').toString('utf8'), form).map(([host, auth]) => [
          host,
          { ...auth, secret: source },
        ]);
      } catch {
        throw new Error(`the image pull secret "${name}" holds no JSON`);
      }
    });
    return matchingEntries(entries, repository);
  },
  missing: ({ namespace, names }) => names.filter((name) => secret(namespace, name) === undefined),
});
