import type { Report } from '@solo-kubelet/pod-spec/schema';

/** The rules that the schemas of Gateway API have besides those of Kubernetes, with the words of an API server for them. */

/** A text that has to match a pattern; an empty one is missing where `required`. */
export const validatePattern = (
  value: string | undefined,
  field: string,
  report: Report,
  { pattern, max, required = false }: { readonly pattern: RegExp; readonly max: number; readonly required?: boolean },
): void => {
  if (value === undefined || value === '') {
    if (required) report.required(field);
    else if (value === '') report.invalid(field, value, `should match '${pattern.source}'`);
    return;
  }
  if (value.length > max) report.tooLong(field, max);
  if (!pattern.test(value)) report.invalid(field, value, `should match '${pattern.source}'`);
};

export const validateOneOf = (value: string | undefined, field: string, report: Report, values: readonly string[]): void => {
  if (value !== undefined && !values.includes(value)) report.notSupported(field, value, values);
};

/** A whole number between two others. */
export const validateRange = (value: number | undefined, field: string, report: Report, min: number, max: number): void => {
  if (value === undefined) return;
  if (value < min) report.invalid(field, value, `should be greater than or equal to ${min}`);
  if (value > max) report.invalid(field, value, `should be less than or equal to ${max}`);
};

const MAX_PORT = 65_535;
export const validatePort = (port: number | undefined, field: string, report: Report): void =>
  validateRange(port, field, report, 1, MAX_PORT);

export const validateCount = (items: readonly unknown[] | undefined, field: string, report: Report, max: number): void => {
  if (items !== undefined && items.length > max) report.tooMany(field, items.length, max);
};

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const hostnamePattern = new RegExp(`^(\\*\\.)?${SUBDOMAIN}$`);
const preciseHostnamePattern = new RegExp(`^${SUBDOMAIN}$`);
const MAX_NAME = 253;
const MAX_KIND = 63;

export const validateHostname = (host: string | undefined, field: string, report: Report): void =>
  validatePattern(host, field, report, { pattern: hostnamePattern, max: MAX_NAME });

export const validatePreciseHostname = (host: string | undefined, field: string, report: Report): void =>
  validatePattern(host, field, report, { pattern: preciseHostnamePattern, max: MAX_NAME });

export const validateSectionName = (name: string | undefined, field: string, report: Report, required = false): void =>
  validatePattern(name, field, report, { pattern: preciseHostnamePattern, max: MAX_NAME, required });

interface Reference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A reference to an object, its group perhaps empty. */
export const validateReference = ({ group, kind, namespace, name = '' }: Reference, field: string, report: Report): void => {
  if (group) validatePattern(group, `${field}.group`, report, { pattern: preciseHostnamePattern, max: MAX_NAME });
  validatePattern(kind, `${field}.kind`, report, {
    pattern: /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/,
    max: MAX_KIND,
    required: true,
  });
  if (namespace) validatePattern(namespace, `${field}.namespace`, report, { pattern: new RegExp(`^${LABEL}$`), max: MAX_KIND });
  if (name === '') report.required(`${field}.name`);
  else if (name.length > MAX_NAME) report.tooLong(`${field}.name`, MAX_NAME);
};
