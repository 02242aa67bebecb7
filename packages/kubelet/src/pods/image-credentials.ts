import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { credentialPlugins, dockerConfigCredentials, type ImageCredentials, joinCredentials } from '@solo-kubelet/reconciler/cri';
import { readCredentialProviders } from '../config/credential-providers.js';
import type { KubeletFlags } from '../config/load-configuration.js';

export interface ImageCredentialsOptions {
  readonly flags: Pick<KubeletFlags, 'rootDirectory' | 'imageCredentialProviders'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly logger: Logger;
}

/** Docker's config files in the places where the kubelet looks for them, then the credential provider plugins. */
export const imageCredentials = async ({ flags, env, workingDirectory, logger }: ImageCredentialsOptions): Promise<ImageCredentials> => {
  const home = env['HOME'] ? [env['HOME']] : [];
  const files = dockerConfigCredentials({
    configDirs: [flags.rootDirectory, workingDirectory, ...home.map((directory) => join(directory, '.docker')), '/.docker'],
    legacyDirs: [flags.rootDirectory, workingDirectory, ...home, '/'],
  });
  if (flags.imageCredentialProviders === undefined) return files;
  const { configPath, binDir } = flags.imageCredentialProviders;
  const providers = await readCredentialProviders(configPath);
  const onFailure = ({ provider, message }: { readonly provider: string; readonly message: string }): void =>
    logger.warn({ provider, err: message }, 'An image credential provider gave no answer');
  return joinCredentials([files, credentialPlugins({ binDir, providers, env, onFailure })]);
};
