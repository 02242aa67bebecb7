import { configKeyErrors, goJsonError, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { Secret } from '../gen/object-types.js';
import { tlsPairWarning } from '../warnings/tls-pair.js';
import { base64Length, fromBase64, toBase64 } from './bytes.js';
import { MAX_DATA_BYTES, validateImmutable } from './config-map.js';
import type { KindRules } from './kind-rules.js';

const ACCOUNT_NAME = 'kubernetes.io/service-account.name';

const validate = (secret: Secret, report: Report): void => {
  const { data = {} } = secret;
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    report.invalidEach(`data[${key}]`, key, configKeyErrors(key));
    size += base64Length(value);
  }
  if (size > MAX_DATA_BYTES) report.tooLong('data', MAX_DATA_BYTES);
  validateByType(secret, data, report);
};

const requireKeys = (keys: readonly string[], data: Readonly<Record<string, string>>, report: Report): void => {
  for (const key of keys) if (data[key] === undefined) report.required(`data[${key}]`);
};

const validateByType = ({ type, metadata }: Secret, data: Readonly<Record<string, string>>, report: Report): void => {
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.[ACCOUNT_NAME]) report.required(`metadata.annotations[${ACCOUNT_NAME}]`);
      break;
    case 'kubernetes.io/dockercfg':
      validateJsonObject('.dockercfg', data, report);
      break;
    case 'kubernetes.io/dockerconfigjson':
      validateJsonObject('.dockerconfigjson', data, report);
      break;
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) requireKeys(['username', 'password'], data, report);
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) report.required('data[ssh-privatekey]');
      break;
    case 'kubernetes.io/tls':
      requireKeys(['tls.crt', 'tls.key'], data, report);
      break;
    default:
  }
};

const NAMES: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'bool' };

/** What stands there instead of an object, in Go's words; undefined for an object or null. */
const notAnObject = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return 'array';
  return NAMES[typeof value];
};

const validateJsonObject = (key: string, data: Readonly<Record<string, string>>, report: Report): void => {
  if (data[key] === undefined) {
    report.required(`data[${key}]`);
    return;
  }
  const text = new TextDecoder().decode(fromBase64(data[key]));
  const problem = goJsonError(text);
  const other = problem === undefined ? notAnObject(JSON.parse(text)) : undefined;
  const detail =
    problem ?? (other === undefined ? undefined : `json: cannot unmarshal ${other} into Go value of type map[string]interface {}`);
  if (detail !== undefined) report.invalid(`data[${key}]`, '<secret contents redacted>', detail);
};

export const secretRules: KindRules<Secret> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  fillDefaults: (secret) => {
    secret.type ||= 'Opaque';
    const texts = Object.entries(secret.stringData ?? {});
    if (texts.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(texts.map(([key, text]) => [key, toBase64(text)])) };
    delete secret.stringData;
  },
  validate,
  validateUpdate: (secret, old, report) => {
    if (secret.type !== old.type) report.invalid('type', secret.type ?? '', 'field is immutable');
    validateImmutable({ kind: 'Secret', fields: ['data'] }, secret, old, report);
    validate(secret, report);
  },
  warnings: ({ type, data = {} }) => {
    const warning = type === 'kubernetes.io/tls' ? tlsPairWarning(data['tls.crt'] ?? '', data['tls.key'] ?? '') : undefined;
    return warning === undefined ? [] : [warning];
  },
};
