import type { Attachment, AttachmentKey } from './attachment.js';
import { CniError } from './cni-error.js';
import type { CniResult } from './cni-result.js';
import type { NetworkConfigList } from './network-config.js';
import { withVersion } from './network-config.js';
import { loadNetwork, type NetworkFile, readNetworkFiles } from './network-files.js';
import { createNetworkLocks } from './network-locks.js';
import { addNetwork, type CniSetup, checkNetwork, collectNetwork, delNetwork, type GcReport, networkStatus } from './operations.js';
import { createPluginVersions, negotiateVersion } from './plugin-versions.js';
import { type CachedAttachment, listCached } from './result-cache.js';

export interface CniInvokerOptions {
  /** Directories of the plugins, searched in order. Default `/opt/cni/bin`. */
  readonly pluginDirs?: readonly string[];
  /** Directories of the configuration files, searched in order. Default `/etc/cni/net.d`. */
  readonly confDirs?: readonly string[];
  /** Directory of the result cache, in the reference library's own format. Default `/var/lib/cni`, which runtimes use too. */
  readonly cacheDir?: string;
  /** What plugins inherit. Default: a `PATH` of the system's directories, nothing else. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Longest run of a single plugin, ms. Default 60000. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  /** Aborting kills the running plugin; the call then rejects with the signal's reason. An aborted ADD needs a DEL. */
  readonly signal?: AbortSignal;
  /** Longest run of a single plugin in this call, ms. */
  readonly timeoutMs?: number;
}

export interface AddOptions extends CallOptions {
  /** Call DEL when ADD fails or is aborted, before rejecting. Default false: the caller does. */
  readonly undoOnFailure?: boolean;
}

/** Runs the plugins of networks. Operations on one container wait for each other, and a GC has its network to itself. */
export interface CniInvoker {
  /** Attaches a container to a network. Rejects with CNI_ALREADY_ATTACHED rather than repeat an ADD. */
  add(list: NetworkConfigList, attachment: Attachment, options?: AddOptions): Promise<CniResult>;
  /** Detaches it. Repeatable; `netns` may be empty once the namespace is gone. */
  del(list: NetworkConfigList, attachment: Attachment, options?: CallOptions): Promise<void>;
  /** Asks whether an attachment is still as ADD left it. */
  check(list: NetworkConfigList, attachment: Attachment, options?: CallOptions): Promise<void>;
  /** Releases what the network holds for attachments that are not among the valid ones. */
  gc(list: NetworkConfigList, valid: readonly AttachmentKey[], options?: CallOptions): Promise<GcReport>;
  /** Asks whether the network could take an ADD now. */
  status(list: NetworkConfigList, options?: CallOptions): Promise<void>;
  /** Versions a plugin speaks, oldest first. Asked once per binary. */
  version(pluginType: string, options?: CallOptions): Promise<readonly string[]>;
  /** The list, spoken in the highest version that it offers and all its plugins support. Also proves that every plugin is there. */
  negotiate(list: NetworkConfigList, options?: CallOptions): Promise<NetworkConfigList>;
  /** The network of that name in `confDirs`. */
  network(name: string): Promise<NetworkConfigList>;
  /** Every network file in `confDirs`, with its fault if it has one. */
  networkFiles(): Promise<readonly NetworkFile[]>;
  /** What the cache says is attached. */
  attachments(filter?: { readonly containerId?: string; readonly network?: string }): Promise<readonly CachedAttachment[]>;
}

export const createCniInvoker = ({
  pluginDirs = ['/opt/cni/bin'],
  confDirs = ['/etc/cni/net.d'],
  cacheDir = '/var/lib/cni',
  env,
  timeoutMs,
}: CniInvokerOptions = {}): CniInvoker => {
  const setup: CniSetup = { pluginDirs, cacheDir, env };
  const locks = createNetworkLocks();
  const versionsOf = createPluginVersions(setup);
  const run = (options: CallOptions): CallOptions => ({ timeoutMs, ...options });

  const add: CniInvoker['add'] = (list, attachment, { undoOnFailure = false, ...options } = {}) =>
    locks.withContainer(
      list.name,
      attachment.containerId,
      async () => {
        try {
          return await addNetwork(setup, list, attachment, run(options));
        } catch (error) {
          // An earlier ADD's attachment is not this call's to undo.
          const foreign = CniError.is(error) && error.code === 'CNI_ALREADY_ATTACHED';
          if (undoOnFailure && !foreign) await undo(list, attachment, error, options.timeoutMs ?? timeoutMs);
          throw error;
        }
      },
      options.signal,
    );

  /** The caller's signal is left out: it may be what ended the ADD. */
  const undo = async (list: NetworkConfigList, attachment: Attachment, cause: unknown, limitMs: number | undefined): Promise<void> => {
    try {
      await delNetwork(setup, list, attachment, { timeoutMs: limitMs });
    } catch (undoError) {
      const [why, whyNot] = [cause, undoError].map((error) => (error instanceof Error ? error.message : String(error)));
      throw new CniError({
        code: 'CNI_UNDO_FAILED',
        message: `attaching container ${attachment.containerId} to network ${list.name} failed (${why}), and so did undoing it (${whyNot})`,
        hint: 'Repeat DEL for the attachment.',
        cause,
      });
    }
  };

  return {
    add,
    del: (list, attachment, options = {}) =>
      locks.withContainer(list.name, attachment.containerId, () => delNetwork(setup, list, attachment, run(options)), options.signal),
    check: (list, attachment, options = {}) =>
      locks.withContainer(list.name, attachment.containerId, () => checkNetwork(setup, list, attachment, run(options)), options.signal),
    gc: (list, valid, options = {}) => locks.withNetwork(list.name, () => collectNetwork(setup, list, valid, run(options)), options.signal),
    status: (list, options = {}) => networkStatus(setup, list, run(options)),
    version: (pluginType, options = {}) => versionsOf(pluginType, run(options)),
    negotiate: async (list, options = {}) => {
      const version = await negotiateVersion(list, versionsOf, run(options));
      return version === list.cniVersion ? list : withVersion(list, version);
    },
    network: (name) => loadNetwork(name, confDirs),
    networkFiles: async () => (await Promise.all(confDirs.map(readNetworkFiles))).flat(),
    attachments: (filter) => listCached(cacheDir, filter),
  };
};
