import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { checkYaml } from '@solo-kubelet/diagnostics/nesting';
import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import type { CredentialProvider } from '@solo-kubelet/reconciler/cri';
import { Lexer, Parser, parse } from 'yaml';
import { KubeletError } from '../process/kubelet-error.js';
import { isJsonObject, type JsonObject } from './json-paths.js';

const CONFIG_VERSIONS = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `kubelet.config.k8s.io/${version}`);
const PLUGIN_VERSIONS = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `credentialprovider.kubelet.k8s.io/${version}`);

/**
 * The providers of a CredentialProviderConfig file, or of all *.json, *.yaml and *.yml files of a directory in the order of their names.
 * Upstream: pkg/credentialprovider/plugin/config.go.
 * @throws KubeletError KUBELET_CONFIG_INVALID
 */
export const readCredentialProviders = async (path: string): Promise<readonly CredentialProvider[]> => {
  const providers: CredentialProvider[] = [];
  try {
    for (const file of await filesOf(path)) {
      for (const provider of readFileOf(await readFile(file, 'utf8'))) {
        if (providers.some(({ name }) => name === provider.name)) throw new Error(`provider ${provider.name} is there twice`);
        providers.push(provider);
      }
    }
    if (providers.length === 0) throw new Error('at least one provider is needed');
  } catch (cause) {
    throw new KubeletError({ code: 'KUBELET_CONFIG_INVALID', message: `${path}: ${describeError(cause)}`, cause });
  }
  return providers;
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(json|yaml|yml)$/.test(name));
  return names.sort().map((name) => join(path, name));
};

const readFileOf = (text: string): readonly CredentialProvider[] => {
  checkYaml(text, { Lexer, Parser });
  const document: unknown = parse(text, { uniqueKeys: false });
  if (
    !isJsonObject(document) ||
    document['kind'] !== 'CredentialProviderConfig' ||
    !CONFIG_VERSIONS.includes(String(document['apiVersion']))
  )
    throw new Error(`must say kind: CredentialProviderConfig and apiVersion: ${CONFIG_VERSIONS[0]}`);
  const providers: unknown = document['providers'] ?? [];
  if (!Array.isArray(providers)) throw new Error('providers must be a list');
  return providers.map((entry: unknown, index) => {
    if (!isJsonObject(entry)) throw new Error(`providers[${index}] must be an object`);
    return providerOf(entry, index);
  });
};

const providerOf = (entry: JsonObject, index: number): CredentialProvider => {
  const wrong = (field: string, why: string): Error => new Error(`providers[${index}].${field} ${why}`);
  const { name, apiVersion, matchImages, args = [], env = [], defaultCacheDuration, tokenAttributes } = entry;
  if (typeof name !== 'string' || name === '' || name === '.' || name === '..' || /[\s/]/.test(name))
    throw wrong('name', 'must be the name of a file, without path or blanks');
  if (typeof apiVersion !== 'string' || !PLUGIN_VERSIONS.includes(apiVersion))
    throw wrong('apiVersion', `must be one of ${PLUGIN_VERSIONS.join(', ')}`);
  if (!isTexts(matchImages) || matchImages.length === 0) throw wrong('matchImages', 'must name at least one image');
  const durationMs = typeof defaultCacheDuration === 'string' ? parseGoDuration(defaultCacheDuration) : undefined;
  if (durationMs === undefined || durationMs < 0) throw wrong('defaultCacheDuration', 'must be a duration such as 12h');
  if (!isTexts(args)) throw wrong('args', 'must be a list of texts');
  if (!Array.isArray(env) || !env.every(isVariable)) throw wrong('env', 'must be a list of name and value');
  return {
    name,
    apiVersion,
    matchImages,
    defaultCacheDurationMs: durationMs,
    args,
    env: env.map((variable) => ({ name: variable['name'], value: variable['value'] })),
    requireServiceAccount: isJsonObject(tokenAttributes) && tokenAttributes['requireServiceAccount'] === true,
  };
};

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

const isVariable = (value: unknown): value is { readonly name: string; readonly value: string } =>
  isJsonObject(value) && typeof value['name'] === 'string' && typeof value['value'] === 'string';
