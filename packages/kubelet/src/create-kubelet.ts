import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { decodeConfiguration, unknownPaths } from './config/decode-configuration.js';
import type { JsonObject } from './config/json-paths.js';
import type { KubeletFlags } from './config/kubelet-flags.js';
import { standaloneEffects } from './config/standalone-effects.js';
import { validateConfiguration } from './config/validate-configuration.js';
import { DEFAULT_PLUGIN_DIRECTORIES } from './networks/kubelet-networks.js';
import { KubeletError } from './process/kubelet-error.js';
import { runKubelet } from './run-kubelet.js';
import type { RunKubeletOptions } from './run-kubelet-options.js';
import { AGE_IDENTITY_FILE } from './secrets/age-identity.js';

export interface CreateKubeletOptions
  extends Pick<
      RunKubeletOptions,
      'signal' | 'clock' | 'env' | 'probes' | 'environment' | 'services' | 'prepareRuntime' | 'runtimeImages' | 'pluginsFrom' | 'admission'
    >,
    Partial<Pick<RunKubeletOptions, 'logger'>> {
  /** Where the kubelet keeps what it must know after a restart. No two kubelets may have the same one at a time. */
  readonly rootDirectory: string;
  /** What the kubelet takes from flags alone. Default: nothing outside the root directory. */
  readonly flags?: Partial<KubeletFlags>;
}

export interface Kubelet {
  /** Runs until the signal aborts; what it started in the runtime stays. Rejects when it cannot start, or has a bug. */
  run(): Promise<void>;
}

/**
 * A kubelet as a guest of this process: it reads no environment but `env` and leaves the process as it is. `configuration` is a KubeletConfiguration as
 * a file has it.
 * @throws KubeletError KUBELET_CONFIG_INVALID for fields that are unknown and values that cannot be honoured
 */
export const createKubelet = (configuration: JsonObject, options: CreateKubeletOptions): Kubelet => {
  const { rootDirectory, flags, logger = silentLogger, ...rest } = options;
  const { config, errors } = decodeConfiguration(configuration);
  const unknown = unknownPaths(configuration).map((path) => `unknown field ${JSON.stringify(path)}`);
  const problems = [
    ...unknown,
    ...errors,
    ...validateConfiguration(config),
    ...standaloneEffects(config, { connected: flags?.kubeconfig !== undefined }).refused,
  ];
  if (problems.length > 0) throw new KubeletError({ code: 'KUBELET_CONFIG_INVALID', message: problems.join('\n') });
  return { run: () => runKubelet({ ...rest, config, logger, flags: { ...flagsBelow(rootDirectory), ...flags, rootDirectory } }) };
};

const flagsBelow = (rootDirectory: string): KubeletFlags => ({
  given: {},
  rootDirectory,
  certDirectory: join(rootDirectory, 'pki'),
  ageIdentityFile: join(rootDirectory, AGE_IDENTITY_FILE),
  hostnameOverride: undefined,
  nodeIps: [],
  nodeLabels: {},
  lockFile: undefined,
  exitOnLockContention: false,
  suppliesPodNetwork: false,
  runtimeCgroups: undefined,
  apiSocket: undefined,
  apiSocketGroupId: undefined,
  tokenAuthFile: undefined,
  kubeApi: undefined,
  allowedDevices: [],
  devicePluginDirectory: join(rootDirectory, 'device-plugins'),
  serviceAccountIssuer: undefined,
  networkDirectory: join(rootDirectory, 'networks'),
  sourceDirectory: join(rootDirectory, 'sources.d'),
  cniPluginDirectories: DEFAULT_PLUGIN_DIRECTORIES,
  probePlugins: [],
  imageCredentialProviders: undefined,
});
