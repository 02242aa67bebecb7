import type { CriClient } from '@solo-kubelet/cri-client';
import { explainNetwork, type NetworkExplanation, USUAL_PLUGIN_DIRS } from './explain-network.js';

/** Where the runtime keeps its own networks, and what it says of them. */
export interface RuntimeNetwork {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  /** Name of the network that gives pods eth0, where the runtime tells it (containerd does, CRI-O does not). */
  readonly name: string | undefined;
  readonly confDir: string;
  readonly pluginDirs: readonly string[];
}

const DEFAULT_CONF_DIR = '/etc/cni/net.d';
const DEFAULT_PLUGIN_DIRS = ['/opt/cni/bin'];

/** Asks the runtime. */
export const readRuntimeNetwork = async (cri: CriClient, options: { readonly signal?: AbortSignal }): Promise<RuntimeNetwork> => {
  const { status, info } = await cri.runtime.status({ verbose: true }, options);
  const condition = status?.conditions.find(({ type }) => type === 'NetworkReady');
  const ready = condition?.status === true;
  return {
    ready,
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
    ...parseCniConfig(info['cniconfig'], ready),
  };
};

/**
 * containerd's `cniconfig` of a verbose status. Every part may be missing; the defaults are then as good a guess as any. A runtime whose network is ready has
 * found its plugins: where it does not tell in which directory, they are where distributions put them.
 */
export const parseCniConfig = (text: string | undefined, ready: boolean): Pick<RuntimeNetwork, 'name' | 'confDir' | 'pluginDirs'> => {
  const { PluginConfDir, PluginDirs, Networks } = parseObject(text) as {
    PluginConfDir?: string;
    PluginDirs?: readonly string[] | null;
    Networks?: readonly { readonly IFName?: string; readonly Config?: { readonly Name?: string } }[] | null;
  };
  return {
    name: Networks?.find(({ IFName }) => IFName === 'eth0')?.Config?.Name,
    confDir: PluginConfDir || DEFAULT_CONF_DIR,
    pluginDirs: PluginDirs?.length ? PluginDirs : ready ? USUAL_PLUGIN_DIRS : DEFAULT_PLUGIN_DIRS,
  };
};

/** The MAC address of a sandbox's eth0, from containerd's verbose sandbox status. */
export const primaryMac = (info: Readonly<Record<string, string>>): string | undefined => {
  const { cniResult } = parseObject(info['info']) as { cniResult?: { Interfaces?: { eth0?: { Mac?: string } } } | null };
  return cniResult?.Interfaces?.eth0?.Mac || undefined;
};

const parseObject = (text: string | undefined): object => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** Why the runtime has no network for pods: looks where the runtime looks. */
export const explainRuntimeNetwork = (
  { ready, reason, message, confDir, pluginDirs }: RuntimeNetwork,
  options: { readonly runtimeName: string; readonly env?: Readonly<Record<string, string | undefined>>; readonly signal?: AbortSignal },
): Promise<NetworkExplanation> => {
  const { runtimeName, ...rest } = options;
  return explainNetwork({ confDir, pluginDirs, runtimeStatus: { networkReady: ready, reason, message, runtimeName }, ...rest });
};

/** Upstream's sentence (kubelet runtime state), with the cause where one was found. */
export const notReadyMessage = ({ reason, message }: Pick<RuntimeNetwork, 'reason' | 'message'>, causes: readonly string[]): string =>
  [`container runtime network not ready: NetworkReady=false reason:${reason} message:${message}`, ...causes].join('; ');
