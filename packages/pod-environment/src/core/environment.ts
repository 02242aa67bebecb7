import {
  type Container,
  type EnvFromSource,
  type EnvVarSource,
  expandVariables,
  type FileKeySelector,
  type Pod,
  parseEnvFile,
} from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { textOfBytes } from './byte-text.js';
import { type FieldContext, podField } from './field-ref.js';
import { fromBase64 } from './object-files.js';
import { namespaceOf } from './object-payload.js';
import type { PodObjects } from './pod-objects.js';
import { resourceField } from './resource-field-ref.js';

/** What was read of a file that a fileKeyRef names. */
export type EnvFile = { readonly content: string } | { readonly error: string };

export interface EnvironmentInput extends FieldContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly allocatable: Readonly<Record<string, string>>;
  /** By envFileKey. */
  readonly envFiles: ReadonlyMap<string, EnvFile>;
  /** Undefined where there are no other objects than Pods. */
  readonly objects?: PodObjects | undefined;
}

/** Variables by name, in the order in which the manifest first names them: the same at every start (docs/decisions/046). */
export type Environment = ReadonlyMap<string, string>;

export const envFileKey = ({ volumeName, path }: FileKeySelector): string => `${volumeName}/${path}`;

/** The environment of a container. Upstream: makeEnvironmentVariables in pkg/kubelet/kubelet_pods.go. */
export const containerEnvironment = (input: EnvironmentInput): Environment => {
  const variables = new Map<string, string>();
  const services = input.objects?.serviceVariables?.(input.pod) ?? new Map<string, string>();
  // A container that began without them would never hear of the API server.
  if (services === 'unread') throw invalid('services have not yet been read at least once, cannot construct envvars', true);
  for (const source of input.container.envFrom ?? []) {
    for (const [key, value] of objectVariables(source, input)) variables.set(`${source.prefix ?? ''}${key}`, value);
  }
  for (const { name, value, valueFrom } of input.container.env ?? []) {
    const resolved = value
      ? expandVariables(value, (variable) => variables.get(variable) ?? services.get(variable))
      : valueFrom
        ? referencedValue(name, valueFrom, input)
        : '';
    if (resolved !== undefined) variables.set(name, resolved);
  }
  for (const [name, value] of services) if (!variables.has(name)) variables.set(name, value);
  return variables;
};

/** Undefined: an optional source that has no value, so the variable does not exist. */
const referencedValue = (name: string, source: EnvVarSource, input: EnvironmentInput): string | undefined => {
  const { fieldRef, resourceFieldRef, fileKeyRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) {
    const value = podField(input.pod, fieldRef.fieldPath, input);
    if (value === undefined) throw invalid(`environment variable ${name}: unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) return resourceField(resourceFieldRef, { ...input, podLevelLimits: true });
  if (fileKeyRef) return fileValue(fileKeyRef, input.envFiles);
  const { name: objectName = '', key = '', optional = false } = configMapKeyRef ?? secretKeyRef ?? {};
  const texts = configMapKeyRef ? configMapTexts(configMapKeyRef, input) : secretTexts(secretKeyRef ?? {}, input);
  const text = texts && Object.hasOwn(texts, key) ? texts[key] : undefined;
  if (text !== undefined) return text;
  if (optional) return undefined;
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret';
  throw invalid(`couldn't find key ${key} in ${kind} ${namespaceOf(input.pod)}/${objectName}`, true);
};

interface ObjectReference {
  readonly name?: string;
  readonly optional?: boolean;
}

/** What an envFrom source adds, without its prefix. No name is left out: any printable one is allowed. */
const objectVariables = ({ configMapRef, secretRef }: EnvFromSource, input: EnvironmentInput): readonly (readonly [string, string])[] => {
  const texts = configMapRef ? configMapTexts(configMapRef, input) : secretRef ? secretTexts(secretRef, input) : {};
  return Object.entries(texts ?? {});
};

/** Undefined: it is not there, and need not be. `binaryData` is never for the environment. */
const configMapTexts = ({ name = '', optional = false }: ObjectReference, { pod, objects }: EnvironmentInput): Texts | undefined => {
  const found = reader(objects, 'configMap', pod, name).configMap(namespaceOf(pod), name);
  if (found === undefined && !optional) throw invalid(`configmap "${name}" not found`, true);
  return found && (found.data ?? {});
};

const secretTexts = ({ name = '', optional = false }: ObjectReference, { pod, objects }: EnvironmentInput): Texts | undefined => {
  const found = reader(objects, 'secret', pod, name).secret(namespaceOf(pod), name);
  if (found === undefined && !optional) throw invalid(`secret "${name}" not found`, true);
  return found && Object.fromEntries(Object.entries(found.data ?? {}).map(([key, text]) => [key, textOfBytes(fromBase64(text))]));
};

type Texts = Readonly<Record<string, string>>;

const reader = (objects: PodObjects | undefined, kind: 'configMap' | 'secret', pod: Pod, name: string): PodObjects => {
  if (objects !== undefined) return objects;
  throw invalid(`couldn't get ${kind} ${namespaceOf(pod)}/${name}, no kubeClient defined`);
};

const fileValue = (selector: FileKeySelector, envFiles: EnvironmentInput['envFiles']): string | undefined => {
  const file = envFiles.get(envFileKey(selector)) ?? { error: `volume "${selector.volumeName}" is not mounted by any container` };
  if ('error' in file) throw invalid(`couldn't parse env file: ${file.error}`, true);
  const parsed = parseEnvFile(file.content, selector.key);
  if (!parsed.ok) throw invalid(`couldn't parse env file: ${parsed.error}`, true);
  if (parsed.value !== '') return parsed.value;
  if (selector.optional) return undefined;
  throw invalid(`environment variable key "${selector.key}" not found in file "${selector.path}" of volume "${selector.volumeName}"`, true);
};

const invalid = (message: string, retryable = false): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'ENVIRONMENT_INVALID', retryable, message });
