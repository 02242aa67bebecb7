/** What a registry is shown; goes into CRI `AuthConfig` and nowhere else. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
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
  ): Promise<readonly RegistryAuth[]>;
  /** Those of a pod's Secrets that are not there. Default: not asked for. */
  missing?(pullSecrets: PullSecrets): readonly string[];
}
