import { randomInt } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { PrepareRuntimeOptions } from '@solo-kubelet/kubelet';
import { explainRuntimeNetwork, readRuntimeNetwork } from '@solo-kubelet/kubelet/networks';
import { writeDurably } from '@solo-kubelet/state-files';
import { pickSubnet, podNetworkConfig, subnetCandidates } from '../containerd/pod-network.js';
import { machineRoutes } from '../node/node-subnet.js';

export interface SupplyPodNetworkOptions {
  readonly signal: AbortSignal;
  /** Destinations of the machine's routes. Replaced in tests. */
  readonly routes?: () => Promise<readonly string[]>;
  /** Chooses among free subnets. Default: chance. */
  readonly seed?: number;
}

/** What became of the network. */
export type PodNetwork =
  | { readonly outcome: 'present' }
  | { readonly outcome: 'supplied'; readonly path: string; readonly subnet: string }
  /** There is a configuration, and it is somebody else's to mend; or what a network needs is missing. */
  | { readonly outcome: 'wrong'; readonly reasons: readonly string[] };

/** Sorts behind the files of every network plugin that a cluster brings: runtimes take the first. */
const FILE = '99-solo-kubelet.conflist';
const NEEDED_PLUGINS = ['bridge', 'host-local', 'portmap'];
const SUPPLIED = { networkName: 'solo-kubelet', bridge: 'solo0', cniStateDirectory: '/var/lib/cni/networks' };

/** Writes a network for Pods where the runtime looks for one, if it has none and nothing lies there (docs/decisions/208). */
export const supplyPodNetwork = async (cri: CriClient, options: SupplyPodNetworkOptions): Promise<PodNetwork> => {
  const { signal, routes = machineRoutes, seed = randomInt(2 ** 31) } = options;
  const network = await readRuntimeNetwork(cri, { signal });
  if (network.ready) return { outcome: 'present' };
  const { runtimeName } = await cri.runtime.version({}, { signal });
  const { findings } = await explainRuntimeNetwork(network, { runtimeName, signal });
  if (!findings.some(({ problem }) => problem === 'noNetwork' || problem === 'noConfDir')) {
    return { outcome: 'wrong', reasons: findings.map(({ message }) => message) };
  }
  const missing = await absent(NEEDED_PLUGINS, network.pluginDirs);
  if (missing.length > 0) {
    const where = network.pluginDirs.join(', ');
    return { outcome: 'wrong', reasons: [`not in ${where}: ${missing.join(', ')} (apt-get install containernetworking-plugins)`] };
  }
  const subnet = pickSubnet(subnetCandidates(seed), await routes());
  if (subnet === undefined) return { outcome: 'wrong', reasons: ['no subnet is free between 10.160.0.0 and 10.223.255.0'] };
  const path = join(network.confDir, FILE);
  await writeDurably(path, podNetworkConfig({ layout: SUPPLIED, subnet, masquerade: true }), { mode: 0o644, directoryMode: 0o755 });
  return { outcome: 'supplied', path, subnet };
};

const absent = async (plugins: readonly string[], directories: readonly string[]): Promise<readonly string[]> => {
  const found = await Promise.all(plugins.map((plugin) => isInOneOf(plugin, directories)));
  return plugins.filter((_, index) => !found[index]);
};

const isInOneOf = (plugin: string, directories: readonly string[]): Promise<boolean> =>
  Promise.any(directories.map((directory) => access(join(directory, plugin)))).then(
    () => true,
    () => false,
  );

/** `prepareRuntime` of a kubelet: supplies a network for Pods. Without it, Pods on the machine's own network run all the same. */
export const providePodNetwork = async (cri: CriClient, { logger, signal }: PrepareRuntimeOptions): Promise<void> => {
  try {
    const result = await supplyPodNetwork(cri, { signal });
    if (result.outcome === 'supplied') {
      const { path, subnet } = result;
      logger.warn({ path, subnet }, 'The container runtime has no Pod network; one of our own stands in');
    } else if (result.outcome === 'wrong') {
      logger.warn({ reasons: result.reasons }, 'No Pod network: only Pods on the network of the machine will start');
    }
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ err: describeError(error) }, 'No Pod network could be supplied');
  }
};
