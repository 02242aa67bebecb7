import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { removeDurable, writeDurably } from '@solo-kubelet/state-files';
import type { Attachment, AttachmentKey } from './attachment.js';
import type { CniArgs } from './cni-args.js';
import { CniError } from './cni-error.js';
import { type CniResult, parseResult } from './cni-result.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { nameFault } from './names.js';

/** Marks a file of the reference library's format, which this one shares. */
const KIND = 'cniCacheV1';

/** An attachment as the cache keeps it: everything that is needed to repeat the call. */
export interface CachedAttachment extends Attachment {
  readonly network: string;
  /** The configuration list that was run, as JSON text. */
  readonly config: string;
  /** The final result as the plugins printed it. */
  readonly result: JsonObject;
}

interface CacheKey extends AttachmentKey {
  readonly network: string;
}

const resultsDir = (cacheDir: string): string => join(cacheDir, 'results');
const entryPath = (cacheDir: string, { network, containerId, ifName }: CacheKey): string =>
  join(resultsDir(cacheDir), `${network}-${containerId}-${ifName}`);

/** Writes an entry in one step, readable by root alone. */
export const writeCached = async (cacheDir: string, { network, config, ...entry }: CachedAttachment): Promise<void> => {
  const file = {
    kind: KIND,
    containerId: entry.containerId,
    config: Buffer.from(config).toString('base64'),
    ifName: entry.ifName,
    networkName: network,
    netns: entry.netns || undefined,
    cniArgs: entry.args,
    capabilityArgs: entry.capabilityArgs,
    result: entry.result,
  };
  const path = entryPath(cacheDir, { network, ...entry });
  try {
    await writeDurably(path, JSON.stringify(file));
  } catch (cause) {
    throw new CniError({ code: 'CNI_CACHE_FAILED', message: `the result can't be kept in ${path}`, cause });
  }
};

export const deleteCached = async (cacheDir: string, key: CacheKey): Promise<void> => {
  await removeDurable(entryPath(cacheDir, key));
};

/**
 * The result of the attachment's ADD; undefined when none is kept. Also reads files that hold a bare result, as older libraries wrote.
 * Throws CNI_CACHE_FAILED for an entry that can't be understood.
 */
export const readCachedResult = async (cacheDir: string, key: CacheKey, defaultVersion: string): Promise<CniResult | undefined> => {
  const path = entryPath(cacheDir, key);
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const file = parseBoundedJson(text) as JsonValue;
    return parseResult(isJsonObject(file) && file['kind'] === KIND ? (file['result'] ?? {}) : file, { defaultVersion });
  } catch (cause) {
    throw new CniError({
      code: 'CNI_CACHE_FAILED',
      message: `the kept result ${path} can't be understood`,
      hint: 'Detach the container (DEL): that also removes the entry.',
      cause,
    });
  }
};

/** Whether anything is kept of the attachment. */
export const hasCached = (cacheDir: string, key: CacheKey): Promise<boolean> =>
  access(entryPath(cacheDir, key)).then(
    () => true,
    () => false,
  );

/** Every entry that can be read, in the order of the file names; of one container or network if asked. A missing directory holds none. */
export const listCached = async (
  cacheDir: string,
  { containerId, network }: { readonly containerId?: string; readonly network?: string } = {},
): Promise<readonly CachedAttachment[]> => {
  const names = await readdir(resultsDir(cacheDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new CniError({ code: 'CNI_CACHE_FAILED', message: `${resultsDir(cacheDir)} can't be read`, cause: error });
  });
  const entries = await Promise.all(
    names
      .filter((name) => nameFault(name) === undefined && name.includes(`-${containerId ?? ''}`))
      .sort()
      .map(async (name) => parseEntry(await readText(join(resultsDir(cacheDir), name)))),
  );
  return entries
    .filter((entry) => entry !== undefined)
    .filter(
      (entry) => (containerId === undefined || entry.containerId === containerId) && (network === undefined || entry.network === network),
    );
};

const readText = async (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CniError({ code: 'CNI_CACHE_FAILED', message: `${path} can't be read`, cause: error });
  });

const parseEntry = (text: string | undefined): CachedAttachment | undefined => {
  const file = parseQuietly(text);
  if (!isJsonObject(file) || file['kind'] !== KIND) return undefined;
  const { networkName, containerId, ifName, config, netns, cniArgs, capabilityArgs, result } = file;
  if (typeof networkName !== 'string' || typeof containerId !== 'string' || typeof ifName !== 'string') return undefined;
  return {
    network: networkName,
    containerId,
    ifName,
    netns: typeof netns === 'string' ? netns : '',
    config: typeof config === 'string' ? Buffer.from(config, 'base64').toString('utf8') : '',
    result: isJsonObject(result) ? result : {},
    ...(Array.isArray(cniArgs) && { args: cniArgs as CniArgs }),
    ...(isJsonObject(capabilityArgs) && { capabilityArgs: capabilityArgs as Record<string, JsonValue> }),
  };
};

const parseQuietly = (text: string | undefined): JsonValue | undefined => {
  try {
    return text === undefined ? undefined : (parseBoundedJson(text) as JsonValue);
  } catch {
    return undefined;
  }
};
