import { createHash } from 'node:crypto';
import type { ImagePullCredentials, PodPullCredentials } from './pull-records.js';

/** What a registry is shown; goes into CRI `AuthConfig` and nowhere else. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  /** Of docker's configuration; no registry sees it. */
  readonly email?: string;
}

/** An object of Kubernetes that credentials come from. */
export interface CredentialSource {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** Credentials, and the Pod's own object that they come from; without one they are the node's, and every Pod's. */
export interface TrackedAuth extends RegistryAuth {
  readonly secret?: CredentialSource;
  readonly serviceAccount?: CredentialSource;
}

/** The Secrets that a pod names for its pulls. */
export interface PullSecrets {
  readonly namespace: string;
  readonly names: readonly string[];
}

/** Finds credentials for an image. */
export interface ImageCredentials {
  /** In the order in which to try them; empty: pull anonymously. `repository` is normalised, without tag: `docker.io/library/busybox`. */
  lookup(
    repository: string,
    options: { readonly signal?: AbortSignal; readonly pullSecrets?: PullSecrets },
  ): Promise<readonly TrackedAuth[]>;
  /** Those of a pod's Secrets that are not there. Default: not asked for. */
  missing?(pullSecrets: PullSecrets): readonly string[];
}

/** By which the same credentials are known again: the kubelet's own hash (hashAuthConfig in pkg/credentialprovider/keyring.go), so that either reads the other's records. */
export const credentialHash = ({ username, password, email = '' }: RegistryAuth): string => {
  const parts = Object.entries({ username, password, email }).filter(([, value]) => value !== '');
  return createHash('sha256')
    .update(goJson(Object.fromEntries(parts)))
    .digest('hex');
};

/** Go escapes what HTML and JavaScript might take for something else. */
const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What a record says of the credentials that a registry took; undefined: it asked for none. */
export const recordedCredentials = (used: TrackedAuth | undefined): ImagePullCredentials => {
  if (used?.secret !== undefined) return { kubernetesSecrets: [{ ...used.secret, credentialHash: credentialHash(used) }] };
  if (used?.serviceAccount !== undefined) return { kubernetesServiceAccounts: [used.serviceAccount] };
  return { nodePodsAccessible: true };
};

/** The Pod's own among what was found for an image. */
export const podCredentials = (found: readonly TrackedAuth[]): PodPullCredentials => ({
  secrets: found.flatMap((auth) => (auth.secret === undefined ? [] : [{ ...auth.secret, credentialHash: credentialHash(auth) }])),
  serviceAccount: found.find(({ secret, serviceAccount }) => secret === undefined && serviceAccount !== undefined)?.serviceAccount,
});
