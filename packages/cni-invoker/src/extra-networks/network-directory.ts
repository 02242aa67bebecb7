import { extname } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { CniError } from '../cni-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import {
  type NetworkConfigList,
  type PluginConfig,
  parseNetworkConfigList,
  parsePluginConfig,
  toNetworkConfigList,
} from '../network-config.js';
import { networkFilePaths, readNetworkFile, readText } from '../network-files.js';

/** Reads the YAML documents of a text; injected, so that this package needs no YAML parser. */
export type ParseYaml = (text: string) => readonly unknown[];

export interface NetworkDirectoryOptions {
  readonly networkDir: string;
  /** Needed only for `.yaml` and `.yml` files. */
  readonly parseYaml?: ParseYaml;
}

/** A network that a directory offers, and the name pods ask for it by. */
export interface OfferedNetwork {
  readonly name: string;
  /** Set for a NetworkAttachmentDefinition; a CNI file serves every namespace. */
  readonly namespace?: string;
  readonly list: NetworkConfigList;
}

/** What a directory offers, and which of its files can't be used. */
export interface NetworkDirectory {
  readonly networks: readonly OfferedNetwork[];
  readonly faults: readonly { readonly path: string; readonly error: CniError }[];
}

/**
 * Reads a directory of networks: CNI files (`.conflist`, `.conf`, `.json`) and NetworkAttachmentDefinitions (`.yaml`, `.yml`, `.json`,
 * several documents or a List). A faulty file does not hide the others. A missing directory offers nothing.
 */
export const readNetworkDirectory = async ({ networkDir, parseYaml }: NetworkDirectoryOptions): Promise<NetworkDirectory> => {
  const networks: OfferedNetwork[] = [];
  const definitions: Definition[] = [];
  const faults: { path: string; error: CniError }[] = [];
  const attempt = async (path: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!CniError.is(error)) throw error;
      faults.push({ path, error });
    }
  };
  for (const path of await networkFilePaths(networkDir, ['.conf', '.conflist', '.json', '.yaml', '.yml'])) {
    await attempt(path, async () => {
      const documents = await readDocuments(path, parseYaml);
      if (documents) definitions.push(...documents.map((document) => toDefinition(document, path)));
      else {
        const list = await readNetworkFile(path);
        networks.push({ name: list.name, list });
      }
    });
  }
  for (const { name, namespace, config, path } of definitions) {
    await attempt(path, async () => {
      networks.push({ name, namespace, list: config === '' ? byName(networks, name, path) : toList(config, name, path) });
    });
  }
  return { networks, faults };
};

/** The network a pod means: the definition of that namespace, else the CNI file of that name. Throws CNI_NETWORK_NOT_FOUND. */
export const selectNetwork = (
  { networks, faults }: NetworkDirectory,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  networkDir: string,
): NetworkConfigList => {
  const named = networks.filter((network) => network.name === name);
  const found = named.find((network) => network.namespace === namespace) ?? named.find((network) => network.namespace === undefined);
  if (found) return found.list;
  const unread = faults.map(({ error }) => error.message).join('; ');
  throw new CniError({
    code: 'CNI_NETWORK_NOT_FOUND',
    message: `no network ${namespace}/${name} in ${networkDir}${unread === '' ? '' : ` (files that can't be used: ${unread})`}`,
    hint: `Put a CNI configuration list with "name": "${name}", or a NetworkAttachmentDefinition, into ${networkDir}.`,
  });
};

interface Definition {
  readonly name: string;
  readonly namespace: string;
  /** Empty: the CNI file of that name is meant. */
  readonly config: string;
  readonly path: string;
}

const KIND = 'NetworkAttachmentDefinition';

const invalid = (path: string, message: string, cause?: unknown): CniError =>
  new CniError({ code: 'CNI_INVALID_CONFIG', message: `${path}: ${message}`, cause });

/** The Kubernetes objects of a file; undefined for a CNI file. */
const readDocuments = async (path: string, parseYaml: ParseYaml | undefined): Promise<readonly JsonObject[] | undefined> => {
  const extension = extname(path);
  if (extension === '.conf' || extension === '.conflist') return undefined;
  const text = await readText(path).catch((cause: unknown) => {
    throw invalid(path, "can't be read", cause);
  });
  if (extension === '.json') {
    const document = parseQuietly(text);
    return isJsonObject(document) && 'kind' in document ? unpack(document) : undefined;
  }
  if (!parseYaml) throw invalid(path, 'YAML can not be read here: write the network as a .conflist or .json file');
  try {
    return parseYaml(text).filter(isJsonObject).flatMap(unpack);
  } catch (error) {
    throw invalid(path, `not valid YAML: ${describeError(error)}`, error);
  }
};

const parseQuietly = (text: string): unknown => {
  try {
    return parseBoundedJson(text);
  } catch {
    // Not JSON: the reader of CNI files will say where.
    return undefined;
  }
};

const unpack = (document: JsonObject): readonly JsonObject[] =>
  Array.isArray(document['items']) ? (document['items'] as readonly JsonValue[]).filter(isJsonObject) : [document];

const toDefinition = (document: JsonObject, path: string): Definition => {
  if (document['kind'] !== KIND) throw invalid(path, `kind must be ${KIND}, not ${JSON.stringify(document['kind'])}`);
  const metadata = isJsonObject(document['metadata']) ? document['metadata'] : {};
  const { name, namespace = 'default' } = metadata;
  if (typeof name !== 'string' || name === '') throw invalid(path, 'metadata.name is missing');
  if (typeof namespace !== 'string') throw invalid(path, 'metadata.namespace must be a string');
  const spec = isJsonObject(document['spec']) ? document['spec'] : {};
  const { config = '' } = spec;
  if (typeof config !== 'string') throw invalid(path, 'spec.config must be a string that holds a CNI configuration as JSON');
  return { name, namespace, config: config.trim(), path };
};

const byName = (networks: readonly OfferedNetwork[], name: string, path: string): NetworkConfigList => {
  const found = networks.find((network) => network.name === name && network.namespace === undefined);
  if (found) return found.list;
  throw invalid(path, `spec.config is empty, and no CNI file beside it has the name ${JSON.stringify(name)}`);
};

/** The definition's text as a list; a configuration without a name takes the definition's. */
const toList = (config: string, name: string, path: string): NetworkConfigList => {
  const place = `${path}: spec.config of ${name}`;
  const parsed = parseQuietly(config);
  if (!isJsonObject(parsed)) return parseNetworkConfigList(config, { path: place });
  const named = { ...parsed, name: parsed['name'] ?? name };
  return 'plugins' in parsed
    ? parseNetworkConfigList(JSON.stringify(named), { path: place })
    : toNetworkConfigList(parsePluginConfig(JSON.stringify(named), { path: place }) satisfies PluginConfig, { path: place });
};
