/** What a registry is shown; goes into CRI `AuthConfig` and nowhere else. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
}

/** Finds credentials for an image. */
export interface ImageCredentials {
  /** In the order in which to try them; empty: pull anonymously. `repository` is normalised, without tag: `docker.io/library/busybox`. */
  lookup(repository: string, options: { readonly signal?: AbortSignal }): Promise<readonly RegistryAuth[]>;
}
