import { type Attachment, type AttachmentKey, validateAttachment } from './attachment.js';
import { CniError } from './cni-error.js';
import { type CniResult, formatResult, parseResult } from './cni-result.js';
import { versionAtLeast } from './cni-version.js';
import { execPlugin, type PluginHost } from './exec-plugin.js';
import type { JsonObject } from './json.js';
import { validateNetworkName } from './names.js';
import type { NetworkConfigList } from './network-config.js';
import { derivePluginRequest } from './plugin-request.js';
import { deleteCached, hasCached, listCached, readCachedResult, writeCached } from './result-cache.js';
import type { RunOptions } from './run-plugin.js';

/** What the operations work with. */
export interface CniSetup extends PluginHost {
  /** Directory below which results are kept, in `results/`. */
  readonly cacheDir: string;
}

/**
 * Attaches a container (ADD, spec section 3): every plugin in order, each told the result so far. On failure nothing is kept, and the
 * caller must call `delNetwork`. Throws CNI_ALREADY_ATTACHED when the attachment's result is kept already.
 */
export const addNetwork = async (
  setup: CniSetup,
  list: NetworkConfigList,
  attachment: Attachment,
  options: RunOptions = {},
): Promise<CniResult> => {
  demandRunnable(list);
  validateAttachment(attachment);
  const key = { ...attachment, network: list.name };
  if (await hasCached(setup.cacheDir, key)) {
    throw new CniError({
      code: 'CNI_ALREADY_ATTACHED',
      message: `container ${attachment.containerId} already has ${attachment.ifName} on network ${list.name}`,
      hint: 'Detach it first (DEL).',
    });
  }
  let prevResult: JsonObject | undefined;
  for (const plugin of list.plugins) {
    const request = derivePluginRequest(list, plugin, { capabilityArgs: attachment.capabilityArgs, prevResult });
    const reply = await execPlugin(setup, { command: 'ADD', type: plugin.type, request, attachment, network: list.name }, options);
    prevResult = inVersionOf(list, plugin.type, reply);
  }
  const result = prevResult as JsonObject;
  await writeCached(setup.cacheDir, { ...key, config: list.text, result });
  return parseResult(result, { defaultVersion: list.cniVersion });
};

/**
 * Detaches a container (DEL): every plugin in reverse order, each told the kept final result. May be repeated, and called without ADD.
 * Stops at the first failure and then keeps the result, so that the call can be repeated.
 */
export const delNetwork = async (
  setup: CniSetup,
  list: NetworkConfigList,
  attachment: Attachment,
  options: RunOptions = {},
): Promise<void> => {
  demandRunnable(list);
  validateAttachment(attachment, { netnsOptional: true });
  const key = { ...attachment, network: list.name };
  // 0.4.0 brought prevResult to DEL. A result that can't be understood must not stand in the way of cleaning up.
  const kept = versionAtLeast(list.cniVersion, '0.4.0')
    ? await readCachedResult(setup.cacheDir, key, list.cniVersion).catch((error: unknown) => {
        if (CniError.is(error)) return undefined;
        throw error;
      })
    : undefined;
  const prevResult = kept && formatResult(kept, list.cniVersion);
  for (const plugin of [...list.plugins].reverse()) {
    const request = derivePluginRequest(list, plugin, { capabilityArgs: attachment.capabilityArgs, prevResult });
    await execPlugin(setup, { command: 'DEL', type: plugin.type, request, attachment, network: list.name }, options);
  }
  await deleteCached(setup.cacheDir, key);
};

/**
 * Asks every plugin whether the attachment is as ADD left it (CHECK). Throws CNI_CHECK_UNSUPPORTED below version 0.4.0 and
 * CNI_NOT_ATTACHED when no result of an ADD is kept; succeeds without asking when the list says `disableCheck`.
 */
export const checkNetwork = async (
  setup: CniSetup,
  list: NetworkConfigList,
  attachment: Attachment,
  options: RunOptions = {},
): Promise<void> => {
  demandRunnable(list);
  validateAttachment(attachment);
  if (!versionAtLeast(list.cniVersion, '0.4.0')) {
    throw new CniError({
      code: 'CNI_CHECK_UNSUPPORTED',
      message: `network ${list.name} is of CNI version ${list.cniVersion}, which does not have the CHECK command (0.4.0 brought it)`,
    });
  }
  if (list.disableCheck) return;
  const kept = await readCachedResult(setup.cacheDir, { ...attachment, network: list.name }, list.cniVersion);
  if (!kept) {
    throw new CniError({
      code: 'CNI_NOT_ATTACHED',
      message: `no result is kept of attaching ${attachment.ifName} of container ${attachment.containerId} to network ${list.name}`,
    });
  }
  const prevResult = formatResult(kept, list.cniVersion);
  for (const plugin of list.plugins) {
    const request = derivePluginRequest(list, plugin, { capabilityArgs: attachment.capabilityArgs, prevResult });
    await execPlugin(setup, { command: 'CHECK', type: plugin.type, request, attachment, network: list.name }, options);
  }
};

/** Asks every plugin whether it could serve an ADD (STATUS, from 1.1.0); throws the first refusal. Older lists are taken to be well. */
export const networkStatus = async (setup: PluginHost, list: NetworkConfigList, options: RunOptions = {}): Promise<void> => {
  demandRunnable(list);
  if (!versionAtLeast(list.cniVersion, '1.1.0')) return;
  for (const plugin of list.plugins) {
    await execPlugin(
      setup,
      { command: 'STATUS', type: plugin.type, request: derivePluginRequest(list, plugin), network: list.name },
      options,
    );
  }
};

/** What a garbage collection did. */
export interface GcReport {
  /** Attachments that were detached because nobody claimed them. */
  readonly detached: readonly AttachmentKey[];
}

/**
 * Releases what the network holds for any attachment other than the valid ones (GC): DEL for each kept attachment, at any version, then
 * the GC command of each plugin from 1.1.0. Goes on after a failure and throws CNI_GC_FAILED at the end. `disableGC` makes it a no-op.
 * Must not overlap ADD or DEL on the network.
 */
export const collectNetwork = async (
  setup: CniSetup,
  list: NetworkConfigList,
  valid: readonly AttachmentKey[],
  options: RunOptions = {},
): Promise<GcReport> => {
  demandRunnable(list);
  if (list.disableGC) return { detached: [] };
  const faults: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    options.signal?.throwIfAborted();
    try {
      await work();
      return true;
    } catch (error) {
      options.signal?.throwIfAborted();
      faults.push(error);
      return false;
    }
  };

  const claimed = new Set(valid.map(keyText));
  const stale = (await listCached(setup.cacheDir, { network: list.name })).filter((entry) => !claimed.has(keyText(entry)));
  const detached: AttachmentKey[] = [];
  for (const entry of stale) {
    const done = await attempt(() => delNetwork(setup, list, entry, options));
    if (done) detached.push({ containerId: entry.containerId, ifName: entry.ifName });
  }
  if (versionAtLeast(list.cniVersion, '1.1.0')) {
    for (const plugin of list.plugins) {
      const request = derivePluginRequest(list, plugin, { validAttachments: valid });
      await attempt(() => execPlugin(setup, { command: 'GC', type: plugin.type, request, network: list.name }, options));
    }
  }
  if (faults.length > 0) throw gcFailed(list, faults);
  return { detached };
};

const keyText = ({ containerId, ifName }: AttachmentKey): string => `${containerId}/${ifName}`;

const gcFailed = (list: NetworkConfigList, faults: readonly unknown[]): CniError => {
  const told = faults.map((fault) => (fault instanceof Error ? fault.message : String(fault)));
  return new CniError({
    code: 'CNI_GC_FAILED',
    message: `network ${list.name} could not be cleaned up: ${told.join('; ')}`,
    cause: new AggregateError(faults),
  });
};

const demandRunnable = (list: NetworkConfigList): void => {
  validateNetworkName(list.name);
  if (list.plugins.length === 0) {
    throw new CniError({
      code: 'CNI_INVALID_CONFIG',
      message: `${list.path ?? 'network configuration'}: network ${list.name} has no plugins`,
    });
  }
};

/** A plugin's ADD reply in the list's version: as printed when it is of that version, converted otherwise. */
const inVersionOf = (list: NetworkConfigList, type: string, reply: unknown): JsonObject => {
  if (reply === undefined) {
    throw new CniError({
      code: 'CNI_BAD_REPLY',
      message: `CNI plugin ${type} (ADD on network ${list.name}) succeeded without printing a result`,
    });
  }
  try {
    const result = parseResult(reply as JsonObject, { defaultVersion: list.cniVersion });
    return result.cniVersion === list.cniVersion
      ? { ...(reply as JsonObject), cniVersion: list.cniVersion }
      : formatResult(result, list.cniVersion);
  } catch (error) {
    if (!CniError.is(error)) throw error;
    throw new CniError({
      code: error.code,
      message: `CNI plugin ${type} (ADD on network ${list.name}): ${error.message}`,
      cause: error.cause,
    });
  }
};
