import { CniError } from './cni-error.js';
import { OLDEST_CNI_VERSION, parseVersion, selectVersion } from './cni-version.js';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.js';
import { nameFault } from './names.js';

/** One plugin's object in a list: `type` and whatever else the plugin understands. */
export interface PluginConfig extends JsonObject {
  readonly type: string;
}

/** A network: the plugins to run, in order (spec section 1). */
export interface NetworkConfigList {
  readonly name: string;
  /** The version plugins are spoken to in. */
  readonly cniVersion: string;
  /** Every version the file offers, `cniVersion` of the file included. */
  readonly cniVersions: readonly string[];
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  readonly loadOnlyInlinedPlugins: boolean;
  /** Empty only for a list whose plugins lie in the directory named after it. */
  readonly plugins: readonly PluginConfig[];
  /** The list as JSON text: what the result cache keeps. */
  readonly text: string;
  /** File it was read from. */
  readonly path?: string;
}

export interface ParseConfigOptions {
  /** File the text comes from, for messages. */
  readonly path?: string;
}

const invalid = (path: string | undefined, message: string, position?: { line: number; column: number }): CniError => {
  const where = position ? `:${position.line}:${position.column}` : '';
  return new CniError({ code: 'CNI_INVALID_CONFIG', message: `${path ?? 'network configuration'}${where}: ${message}` });
};

const parseObject = (text: string, path: string | undefined): JsonObject => {
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalid(path, parsed.message, parsed.position);
  if (!isJsonObject(parsed.value)) throw invalid(path, 'must be a JSON object');
  return parsed.value;
};

/** Reads a configuration list (`.conflist`). Throws CNI_INVALID_CONFIG naming file, place and field. */
export const parseNetworkConfigList = (text: string, { path }: ParseConfigOptions = {}): NetworkConfigList => {
  const raw = parseObject(text, path);
  const fail = (message: string): never => {
    throw invalid(path, message);
  };
  const flag = (key: string): boolean => {
    const value = raw[key];
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    const word = typeof value === 'string' ? value.toLowerCase() : undefined;
    return word === 'true' || (word === 'false' ? false : fail(`${key} must be true or false`));
  };

  const name = networkName(raw['name'], fail);
  const fileVersion = version(raw['cniVersion'], 'cniVersion', fail) ?? OLDEST_CNI_VERSION;
  const offered = raw['cniVersions'] ?? [];
  if (!Array.isArray(offered)) return fail('cniVersions must be a list of versions');
  const cniVersions = offered.map(
    (entry, index) => version(entry, `cniVersions[${index}]`, fail) ?? fail('cniVersions must not hold null'),
  );
  const loadOnlyInlinedPlugins = flag('loadOnlyInlinedPlugins');
  const plugins = raw['plugins'];
  if (plugins === undefined && loadOnlyInlinedPlugins) fail('loadOnlyInlinedPlugins is true, but there is no "plugins"');
  if (plugins !== undefined && !Array.isArray(plugins)) fail('plugins must be a list');
  if (Array.isArray(plugins) && plugins.length === 0) fail('plugins must not be empty');

  return {
    name,
    cniVersion: selectVersion(fileVersion, cniVersions),
    cniVersions: [...new Set([...cniVersions, fileVersion])],
    disableCheck: flag('disableCheck'),
    disableGC: flag('disableGC'),
    loadOnlyInlinedPlugins,
    plugins: ((plugins ?? []) as readonly JsonValue[]).map((plugin, index) => pluginConfig(plugin, `plugins[${index}]`, fail)),
    text,
    path,
  };
};

/** Reads a single plugin's configuration (`.conf`, `.json`), which need not have a name. */
export const parsePluginConfig = (text: string, { path }: ParseConfigOptions = {}): PluginConfig =>
  pluginConfig(parseObject(text, path), '', (message) => {
    throw invalid(path, message);
  });

/** Makes a list of one from a single plugin's configuration, as the reference library does for `.conf` files. */
export const toNetworkConfigList = (plugin: PluginConfig, { path }: ParseConfigOptions = {}): NetworkConfigList =>
  parseNetworkConfigList(
    JSON.stringify({ cniVersion: plugin['cniVersion'] ?? OLDEST_CNI_VERSION, name: plugin['name'], plugins: [plugin] }),
    { path },
  );

/** The list with further plugins at its end, as found in the directory named after it. */
export const withPlugins = (list: NetworkConfigList, extra: readonly PluginConfig[]): NetworkConfigList => {
  if (extra.length === 0) return list;
  const plugins = [...list.plugins, ...extra];
  return { ...list, plugins, text: JSON.stringify({ ...(JSON.parse(list.text) as JsonObject), plugins, loadOnlyInlinedPlugins: true }) };
};

/** The list with each plugin's object replaced. */
export const withPluginsMapped = (list: NetworkConfigList, change: (plugin: PluginConfig) => PluginConfig): NetworkConfigList => {
  const plugins = list.plugins.map(change);
  return { ...list, plugins, text: JSON.stringify({ ...(JSON.parse(list.text) as JsonObject), plugins }) };
};

/** The list, spoken in another version; its text says so too, so that the cached copy is deleted in the version it was added in. */
export const withVersion = (list: NetworkConfigList, cniVersion: string): NetworkConfigList => ({
  ...list,
  cniVersion,
  text: JSON.stringify({ ...(JSON.parse(list.text) as JsonObject), cniVersion, cniVersions: [cniVersion] }),
});

type Fail = (message: string) => never;

const networkName = (value: JsonValue | undefined, fail: Fail): string => {
  if (value === undefined) return fail('name is missing');
  if (typeof value !== 'string') return fail('name must be a string');
  const fault = nameFault(value);
  return fault === undefined ? value : fail(`name ${JSON.stringify(value)} ${fault}`);
};

const version = (value: JsonValue | undefined, field: string, fail: Fail): string | undefined => {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') return fail(`${field} must be a string`);
  return parseVersion(value) ? value : fail(`${field} ${JSON.stringify(value)} is not a version such as "1.0.0"`);
};

const pluginConfig = (value: JsonValue, field: string, fail: Fail): PluginConfig => {
  const at = (key: string): string => (field === '' ? key : `${field}.${key}`);
  if (!isJsonObject(value)) return fail(`${field || 'configuration'} must be an object`);
  const { type, capabilities } = value;
  if (type === undefined || type === '') return fail(`${at('type')} is missing`);
  if (typeof type !== 'string') return fail(`${at('type')} must be a string`);
  if (type.includes('/') || type.includes('\0') || type === '.' || type === '..') {
    return fail(`${at('type')} ${JSON.stringify(type)} must be a file name, not a path`);
  }
  if (capabilities !== undefined && !(isJsonObject(capabilities) && Object.values(capabilities).every((on) => typeof on === 'boolean'))) {
    return fail(`${at('capabilities')} must map names to true or false`);
  }
  return { ...value, type };
};
