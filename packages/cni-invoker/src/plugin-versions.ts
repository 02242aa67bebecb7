import { stat } from 'node:fs/promises';
import { CniError } from './cni-error.js';
import { CNI_VERSIONS, compareVersions, LATEST_CNI_VERSION, OLDEST_CNI_VERSION } from './cni-version.js';
import { execPlugin, type PluginHost } from './exec-plugin.js';
import { findPlugin } from './find-plugin.js';
import { isJsonObject, type JsonValue } from './json.js';
import type { NetworkConfigList } from './network-config.js';
import type { RunOptions } from './run-plugin.js';

/** Asks a plugin which versions it speaks (VERSION), oldest first. */
export type PluginVersions = (type: string, options?: RunOptions) => Promise<readonly string[]>;

/** A `PluginVersions` that asks each binary once, until its file changes. */
export const createPluginVersions = (host: PluginHost): PluginVersions => {
  const known = new Map<string, { readonly stamp: string; readonly versions: readonly string[] }>();
  return async (type, options) => {
    const path = await findPlugin(type, host.pluginDirs);
    const { mtimeMs, size, ino } = await stat(path);
    const stamp = `${mtimeMs}/${size}/${ino}`;
    const kept = known.get(path);
    if (kept?.stamp === stamp) return kept.versions;
    const versions = await askVersions(host, type, options);
    known.set(path, { stamp, versions });
    return versions;
  };
};

/** Asks now. A plugin from before the VERSION command is taken for 0.1.0 (spec section 2, VERSION). */
export const askVersions = async (host: PluginHost, type: string, options?: RunOptions): Promise<readonly string[]> => {
  const reply = await execPlugin(
    host,
    {
      command: 'VERSION',
      type,
      request: { cniVersion: LATEST_CNI_VERSION },
      // Plugins of the first versions demand these for every command.
      attachment: { containerId: 'dummy', netns: 'dummy', ifName: 'dummy' },
    },
    options,
  ).catch((error: unknown): JsonValue => {
    if (CniError.is(error) && error.msg?.includes('unknown CNI_COMMAND: VERSION')) return { supportedVersions: [OLDEST_CNI_VERSION] };
    throw error;
  });
  const versions = isJsonObject(reply) ? (reply['supportedVersions'] ?? impliedVersions(reply['cniVersion'])) : undefined;
  if (!Array.isArray(versions) || !versions.every((version) => typeof version === 'string')) {
    throw new CniError({ code: 'CNI_BAD_REPLY', message: `CNI plugin ${type} (VERSION) did not list its supportedVersions` });
  }
  return [...versions].sort(compareVersions);
};

/** A reply that names only its own version comes from a plugin of the first two. */
const impliedVersions = (cniVersion: JsonValue | undefined): readonly string[] | undefined =>
  cniVersion === '0.2.0' ? ['0.1.0', '0.2.0'] : cniVersion === '0.1.0' ? ['0.1.0'] : undefined;

/**
 * The highest version that the list offers, this library speaks and every plugin supports. Throws CNI_VERSION_UNSUPPORTED, naming the
 * plugin that stands in the way of the last candidate, when there is none.
 */
export const negotiateVersion = async (list: NetworkConfigList, versionsOf: PluginVersions, options?: RunOptions): Promise<string> => {
  const spoken: readonly string[] = CNI_VERSIONS;
  const candidates = list.cniVersions
    .filter((version) => spoken.includes(version))
    .sort(compareVersions)
    .reverse();
  const supported = new Map<string, readonly string[]>();
  for (const { type } of list.plugins) supported.set(type, await versionsOf(type, options));
  const best = candidates.find((version) => [...supported.values()].every((versions) => versions.includes(version)));
  if (best !== undefined) return best;
  const wanted = candidates.at(-1) ?? list.cniVersion;
  const blocking = [...supported]
    .filter(([, versions]) => !versions.includes(wanted))
    .map(([type, versions]) => `${type} (${versions.join(', ')})`);
  throw new CniError({
    code: 'CNI_VERSION_UNSUPPORTED',
    message: `network ${list.name} asks for CNI version ${list.cniVersions.join(' or ')}, which is not supported by ${blocking.join(', ') || 'this library'}`,
    hint: 'Name a version in cniVersion (or several in cniVersions) that every plugin of the list supports.',
  });
};
