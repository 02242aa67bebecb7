import type { ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, LocalObjectReference } from '../gen/pod-types.js';
import { ENV_FIELD_PATHS, validateFieldRef, validateResourceFieldRef } from './downward-api.js';
import { configKeyErrors, dnsLabelErrors, dnsSubdomainErrors, dnsSubdomainPrefixErrors, envNameErrors } from './grammar.js';
import { validateNoBacksteps } from './local-path.js';
import type { Report } from './report.js';

export const validateEnv = (vars: readonly EnvVar[], field: string, report: Report): void => {
  for (const [i, { name = '', value = '', valueFrom }] of vars.entries()) {
    if (name === '') report.required(`${field}[${i}].name`);
    else report.invalidEach(`${field}[${i}].name`, name, envNameErrors(name));
    if (valueFrom !== undefined) validateValueFrom(valueFrom, value, `${field}[${i}].valueFrom`, report);
  }
};

const validateValueFrom = (source: EnvVarSource, value: string, field: string, report: Report): void => {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) validateFieldRef(fieldRef, ENV_FIELD_PATHS, `${field}.fieldRef`, report);
  if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, { isVolume: false }, report);
  if (configMapKeyRef) validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`, report);
  if (secretKeyRef) validateKeyRef(secretKeyRef, `${field}.secretKeyRef`, report);
  if (fileKeyRef) validateFileKeyRef(fileKeyRef, `${field}.fileKeyRef`, report);
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter((ref) => ref !== undefined).length;
  if (sources === 0) {
    report.invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`');
  } else if (value !== '') report.invalid(field, '', 'may not be specified when `value` is not empty');
  else if (sources > 1) report.invalid(field, '', 'may not have more than one field specified at a time');
};

/** A key of a ConfigMap or a Secret. */
const validateKeyRef = ({ name = '', key = '' }: ConfigMapKeySelector, field: string, report: Report): void => {
  report.invalidEach(`${field}.name`, name, dnsSubdomainErrors(name));
  if (key === '') report.required(`${field}.key`);
  else report.invalidEach(`${field}.key`, key, configKeyErrors(key));
};

const validateFileKeyRef = ({ key = '', volumeName = '', path = '' }: FileKeySelector, field: string, report: Report): void => {
  if (key === '') report.required(`${field}.key`);
  else report.invalidEach(`${field}.key`, key, envNameErrors(key));
  if (volumeName === '') report.required(`${field}.volumeName`);
  else report.invalidEach(`${field}.volumeName`, volumeName, dnsLabelErrors(volumeName));
  if (path === '') report.required(`${field}.path`);
  else validateNoBacksteps(path, `${field}.path`, report);
};

export const validateEnvFrom = (sources: readonly EnvFromSource[], field: string, report: Report): void => {
  for (const [i, { prefix = '', configMapRef, secretRef }] of sources.entries()) {
    if (prefix !== '') report.invalidEach(`${field}[${i}].prefix`, prefix, envNameErrors(prefix));
    if (configMapRef) validateObjectName(configMapRef, `${field}[${i}].configMapRef`, report);
    if (secretRef) validateObjectName(secretRef, `${field}[${i}].secretRef`, report);
    if (!configMapRef && !secretRef) report.invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`');
    if (configMapRef && secretRef) report.invalid(field, '', 'may not have more than one field specified at a time');
  }
};

const validateObjectName = ({ name = '' }: LocalObjectReference, field: string, report: Report): void => {
  if (name === '') report.required(`${field}.name`);
  else report.invalidEach(`${field}.name`, name, dnsSubdomainPrefixErrors(name));
};
