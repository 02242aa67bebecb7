import { join } from 'node:path';
import { createExtraNetworks, type ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import { parseYaml } from './known-networks.js';

/** Where pods' further networks are looked up unless told. */
export const DEFAULT_NETWORK_DIRECTORY = '/etc/solo-kubelet/networks';
/** Where their plugins are unless told. */
export const DEFAULT_PLUGIN_DIRECTORIES: readonly string[] = ['/opt/cni/bin', '/usr/lib/cni'];

/** What is attached to whom, below a kubelet's root directory. */
export const networkStateDirectory = (rootDirectory: string): string => join(rootDirectory, 'networks');

export interface KubeletNetworksOptions {
  readonly rootDirectory: string;
  readonly networkDirectory: string;
  readonly pluginDirectories: readonly string[];
  /** Of the runtime: networks of the same name as one of its own are never collected. */
  readonly runtimeConfDirs: readonly string[];
  /** What plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The extra networks of the pods of one kubelet. */
export const kubeletNetworks = ({
  rootDirectory,
  networkDirectory,
  pluginDirectories,
  runtimeConfDirs,
  env,
}: KubeletNetworksOptions): ExtraNetworks =>
  createExtraNetworks({
    networkDir: networkDirectory,
    stateDir: networkStateDirectory(rootDirectory),
    pluginDirs: pluginDirectories,
    runtimeConfDirs,
    parseYaml,
    env,
  });
