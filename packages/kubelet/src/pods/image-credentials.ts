import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { NodeObjects } from '@solo-kubelet/pod-objects';
import {
  credentialPlugins,
  dockerConfigCredentials,
  type ImageCredentials,
  joinCredentials,
  secretCredentials,
} from '@solo-kubelet/reconciler/cri';
import { readCredentialProviders } from '../config/credential-providers.js';
import type { KubeletFlags } from '../config/kubelet-flags.js';

export interface ImageCredentialsOptions {
  readonly flags: Pick<KubeletFlags, 'rootDirectory' | 'imageCredentialProviders'>;
  readonly objects: Pick<NodeObjects, 'pullSecret'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly logger: Logger;
}

/** The Secrets that a Pod names, then docker's config files in the places where the kubelet looks for them, then the credential provider plugins. */
export const imageCredentials = async ({
  flags,
  objects,
  env,
  workingDirectory,
  logger,
}: ImageCredentialsOptions): Promise<ImageCredentials> => {
  const home = env['HOME'] ? [env['HOME']] : [];
  const files = dockerConfigCredentials({
    configDirs: [flags.rootDirectory, workingDirectory, ...home.map((directory) => join(directory, '.docker')), '/.docker'],
    legacyDirs: [flags.rootDirectory, workingDirectory, ...home, '/'],
  });
  const secrets = secretCredentials((namespace, name) => objects.pullSecret(namespace, name));
  if (flags.imageCredentialProviders === undefined) return joinCredentials([secrets, files]);
  const { configPath, binDir } = flags.imageCredentialProviders;
  const providers = await readCredentialProviders(configPath);
  const onFailure = ({ provider, message }: { readonly provider: string; readonly message: string }): void =>
    logger.warn({ provider, err: message }, 'An image credential provider gave no answer');
  return joinCredentials([secrets, files, credentialPlugins({ binDir, providers, env, onFailure })]);
};
