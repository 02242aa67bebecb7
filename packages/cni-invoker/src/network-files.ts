import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { CniError } from './cni-error.js';
import { lookUpPlugin } from './find-plugin.js';
import { type NetworkConfigList, parseNetworkConfigList, parsePluginConfig, toNetworkConfigList, withPlugins } from './network-config.js';

/** A configuration file: what it says, or why it can't be used. */
export type NetworkFile =
  | { readonly path: string; readonly ok: true; readonly list: NetworkConfigList }
  | { readonly path: string; readonly ok: false; readonly error: CniError };

/** Paths of a directory's files with one of the extensions, in the order of their names. A directory that is missing has none. */
export const networkFilePaths = async (dir: string, extensions: readonly string[]): Promise<readonly string[]> => {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new CniError({ code: 'CNI_INVALID_CONFIG', message: `${dir} can't be read`, cause: error });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && extensions.includes(extname(entry.name)))
    .map((entry) => join(dir, entry.name))
    .sort();
};

/**
 * Reads one file: `.conflist` as a list, anything else as a single plugin. Unless the list forbids it, plugins from `<name>/*.conf`
 * beside the file are added at its end.
 */
export const readNetworkFile = async (path: string): Promise<NetworkConfigList> => {
  const text = await readText(path).catch((cause: unknown) => {
    throw new CniError({ code: 'CNI_INVALID_CONFIG', message: `${path} can't be read`, cause });
  });
  if (extname(path) !== '.conflist') return toNetworkConfigList(parsePluginConfig(text, { path }), { path });
  const list = parseNetworkConfigList(text, { path });
  const whole = list.loadOnlyInlinedPlugins ? list : withPlugins(list, await readPluginDirectory(join(dirname(path), list.name)));
  if (whole.plugins.length > 0) return whole;
  throw new CniError({
    code: 'CNI_INVALID_CONFIG',
    message: `${path}: network ${list.name} has no plugins`,
    hint: `List them in "plugins", or put *.conf files into ${join(dirname(path), list.name)}.`,
  });
};

/** Pods that install networks write in these directories too. */
export const readText = async (path: string): Promise<string> =>
  (await readRegular(path, { maxBytes: MAX_FILE_BYTES, followLinks: true })).toString();

const MAX_FILE_BYTES = 10 * 1024 * 1024;

const readPluginDirectory = async (dir: string) => {
  const paths = await networkFilePaths(dir, ['.conf']);
  return Promise.all(paths.map(async (path) => parsePluginConfig(await readText(path), { path })));
};

/** Every network file of a directory with its fault, if any, in the order runtimes look at them. */
export const readNetworkFiles = async (confDir: string): Promise<readonly NetworkFile[]> => {
  const paths = await networkFilePaths(confDir, ['.conf', '.conflist', '.json']);
  return Promise.all(
    paths.map(async (path): Promise<NetworkFile> => {
      try {
        return { path, ok: true, list: await readNetworkFile(path) };
      } catch (error) {
        if (CniError.is(error)) return { path, ok: false, error };
        throw error;
      }
    }),
  );
};

/**
 * The network of that name, found as the reference library does: the first `.conflist` by file name, then the first `.conf` or `.json`;
 * an invalid file before it ends the search. Directories are searched in order.
 */
export const loadNetwork = async (name: string, confDirs: readonly string[]): Promise<NetworkConfigList> => {
  for (const confDir of confDirs) {
    for (const extensions of [['.conflist'], ['.conf', '.json']]) {
      for (const path of await networkFilePaths(confDir, extensions)) {
        const list = await readNetworkFile(path);
        if (list.name === name) return list;
      }
    }
  }
  throw new CniError({
    code: 'CNI_NETWORK_NOT_FOUND',
    message: `no CNI network named ${JSON.stringify(name)} in ${confDirs.join(', ') || 'no directory given'}`,
  });
};

export interface DefaultNetworkOptions {
  readonly confDir: string;
  /** Whose rule. containerd stops at the first file, good or bad; CRI-O passes over files that are invalid or whose plugins are missing. */
  readonly rule: 'containerd' | 'cri-o';
  /** Where CRI-O's rule looks for plugins. */
  readonly pluginDirs?: readonly string[];
}

/** The network a runtime gives its pods: the first file by name. Throws that file's fault, or CNI_NETWORK_NOT_FOUND. */
export const loadDefaultNetwork = async ({ confDir, rule, pluginDirs = [] }: DefaultNetworkOptions): Promise<NetworkConfigList> => {
  for (const file of await readNetworkFiles(confDir)) {
    if (rule === 'containerd') {
      if (file.ok) return file.list;
      throw file.error;
    }
    if (file.ok && (await missingPlugins(file.list, pluginDirs)).length === 0) return file.list;
  }
  throw new CniError({ code: 'CNI_NETWORK_NOT_FOUND', message: `no usable CNI network in ${confDir}` });
};

/** Plugins of the list, address management included, that are in none of the directories. */
export const missingPlugins = async (list: NetworkConfigList, pluginDirs: readonly string[]): Promise<readonly string[]> => {
  const types = new Set(list.plugins.flatMap(({ type, ipam }) => [type, ...ipamType(ipam)]));
  const found = await Promise.all([...types].map(async (type) => ((await lookUpPlugin(type, pluginDirs)) === undefined ? [type] : [])));
  return found.flat();
};

const ipamType = (ipam: unknown): readonly string[] => {
  const type = (ipam as { readonly type?: unknown } | null | undefined)?.type;
  return typeof type === 'string' && type !== '' ? [type] : [];
};
