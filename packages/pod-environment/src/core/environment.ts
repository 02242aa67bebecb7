import { type Container, type EnvVarSource, expandVariables, type FileKeySelector, type Pod, parseEnvFile } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { type FieldContext, podField } from './field-ref.js';
import { resourceField } from './resource-field-ref.js';

/** What was read of a file that a fileKeyRef names. */
export type EnvFile = { readonly content: string } | { readonly error: string };

export interface EnvironmentInput extends FieldContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly allocatable: Readonly<Record<string, string>>;
  /** By envFileKey. */
  readonly envFiles: ReadonlyMap<string, EnvFile>;
}

/** Variables by name, in the order in which the manifest first names them: the same at every start (docs/decisions/046). */
export type Environment = ReadonlyMap<string, string>;

export const envFileKey = ({ volumeName, path }: FileKeySelector): string => `${volumeName}/${path}`;

/** The environment of a container. Upstream: makeEnvironmentVariables in pkg/kubelet/kubelet_pods.go. */
export const containerEnvironment = (input: EnvironmentInput): Environment => {
  const variables = new Map<string, string>();
  for (const source of input.container.envFrom ?? []) {
    const name = source.configMapRef?.name ?? source.secretRef?.name;
    throw invalid(
      `couldn't get ${source.configMapRef ? 'configMap' : 'secret'} ${input.pod.metadata.namespace}/${name}, no kubeClient defined`,
    );
  }
  for (const { name, value, valueFrom } of input.container.env ?? []) {
    const resolved = value
      ? expandVariables(value, (variable) => variables.get(variable))
      : valueFrom
        ? referencedValue(name, valueFrom, input)
        : '';
    if (resolved !== undefined) variables.set(name, resolved);
  }
  return variables;
};

/** Undefined: an optional source that has no value, so the variable does not exist. */
const referencedValue = (name: string, source: EnvVarSource, input: EnvironmentInput): string | undefined => {
  const { fieldRef, resourceFieldRef, fileKeyRef, configMapKeyRef } = source;
  if (fieldRef) {
    const value = podField(input.pod, fieldRef.fieldPath, input);
    if (value === undefined) throw invalid(`environment variable ${name}: unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) return resourceField(resourceFieldRef, { ...input, podLevelLimits: true });
  if (fileKeyRef) return fileValue(fileKeyRef, input.envFiles);
  const reference = configMapKeyRef ?? source.secretKeyRef;
  throw invalid(
    `couldn't get ${configMapKeyRef ? 'configMap' : 'secret'} ${input.pod.metadata.namespace}/${reference?.name}, no kubeClient defined`,
  );
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
