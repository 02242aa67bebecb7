import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { boundedValue, yamlFault } from '@solo-kubelet/diagnostics/nesting';
import { Lexer, Parser, parse } from 'yaml';
import { KubeletError } from '../process/kubelet-error.js';
import { API_VERSION, decodeConfiguration, encodeConfiguration, KIND, unknownPaths } from './decode-configuration.js';
import type { FieldPath } from './fields.js';
import { isJsonObject, type JsonObject, mergePatch, valueAt, withValueAt } from './json-paths.js';
import { withoutZeros } from './without-zeros.js';

const RELATIVE_PATHS: readonly FieldPath[] = [
  'staticPodPath',
  'tlsCertFile',
  'tlsPrivateKeyFile',
  'authentication.x509.clientCAFile',
  'resolvConf',
];

/** The main file with defaults filled in. Fields that nobody knows are left out with a warning, as upstream does. @throws KubeletError KUBELET_CONFIG_INVALID */
export const readMainFile = async (
  path: string,
  evictionDefaults: Readonly<Record<string, string>>,
  warnings: string[],
): Promise<JsonObject> => {
  const json = await readConfigurationFile(path);
  for (const unknown of unknownPaths(json)) warnings.push(`${path}: unknown field ${JSON.stringify(unknown)} is ignored`);
  const absolute = RELATIVE_PATHS.reduce((document, field) => {
    const value = valueAt(document, field);
    return typeof value === 'string' && value !== '' && !isAbsolute(value)
      ? withValueAt(document, field, join(dirname(path), value))
      : document;
  }, json);
  const { config, errors } = decodeConfiguration(withoutZeros(absolute), { evictionHard: evictionDefaults });
  if (errors.length > 0) throw unusable(path, errors.join('; '));
  const { evictionHard } = config;
  const merged = config.mergeDefaultEvictionSettings ? { ...evictionDefaults, ...evictionHard } : evictionHard;
  return encodeConfiguration({ ...config, evictionHard: merged });
};

/** Merges the files of `--config-dir` over another: names ending in .conf of the whole tree, in lexical order of the walk. @throws KubeletError KUBELET_CONFIG_INVALID */
export const mergeDropIns = async (base: JsonObject, directory: string): Promise<JsonObject> => {
  let merged = base;
  for (const path of await confFiles(directory)) {
    merged = mergePatch(merged, await readConfigurationFile(path)) as JsonObject;
    const { config, errors } = decodeConfiguration(withoutZeros(merged));
    if (errors.length > 0) throw unusable(path, errors.join('; '));
    merged = encodeConfiguration(config);
  }
  return merged;
};

const confFiles = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw unusable(directory, 'cannot be read', cause);
  });
  const found: string[] = [];
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await confFiles(path)));
    else if (entry.name.endsWith('.conf')) found.push(path);
  }
  return found;
};

const readConfigurationFile = async (path: string): Promise<JsonObject> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(path, 'cannot be read', cause);
  });
  if (text.trim() === '') throw unusable(path, 'is empty');
  const fault = yamlFault(text, { Lexer, Parser }, { uniqueKeys: false });
  if (fault) throw unusable(`${path}:${fault.line}:${fault.column}:`, fault.message);
  let json: unknown;
  try {
    // Aliases of a flat text can make a deep value.
    json = boundedValue(parse(text, { version: '1.1', uniqueKeys: false, maxAliasCount: 100 }) as unknown);
  } catch (cause) {
    throw unusable(path, 'is neither YAML nor JSON', cause);
  }
  if (!isJsonObject(json)) throw unusable(path, `must hold a ${KIND}`);
  if (json['kind'] !== KIND || json['apiVersion'] !== API_VERSION) {
    throw unusable(
      path,
      `must say apiVersion: ${API_VERSION} and kind: ${KIND}, not ${JSON.stringify(json['apiVersion'])} and ${JSON.stringify(json['kind'])}`,
    );
  }
  return json;
};

const unusable = (path: string, why: string, cause?: unknown): Error =>
  new KubeletError({ code: 'KUBELET_CONFIG_INVALID', message: `${path} ${why}`, ...(cause === undefined ? {} : { cause }) });
