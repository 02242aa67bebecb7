import { byteLength, isPrintable } from './go-print.js';

// The grammars of names and values. Each function returns what is wrong with the text, one message per broken rule;
// none if it is well formed. Source: apimachinery/pkg/util/validation and pkg/api/validate/content.

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const DNS_LABEL_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN_UNDERSCORE = `${DNS_LABEL_UNDERSCORE}(\\.${DNS_LABEL_UNDERSCORE})*`;
const QUALIFIED_NAME_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME_PART})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER_NAME = '[-A-Za-z0-9]+';

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const dnsLabelPattern = whole(DNS_LABEL);
const dnsSubdomainPattern = whole(DNS_SUBDOMAIN);
const dnsSubdomainUnderscorePattern = whole(DNS_SUBDOMAIN_UNDERSCORE);
const qualifiedNamePartPattern = whole(QUALIFIED_NAME_PART);
const labelValuePattern = whole(LABEL_VALUE);
const configKeyPattern = whole(CONFIG_KEY);
const httpHeaderNamePattern = whole(HTTP_HEADER_NAME);

const MAX_DNS_LABEL_BYTES = 63;
const MAX_DNS_SUBDOMAIN_BYTES = 253;
const MAX_NAME_PART_BYTES = 63;
const MAX_PORT_NAME_BYTES = 15;

const patternError = (sentence: string, pattern: string, ...examples: readonly string[]): string =>
  `${sentence} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`;

const tooManyCharacters = (max: number): string => `must be no more than ${max} characters`;
const tooManyBytes = (max: number): string => `must be no more than ${max} bytes`;

export const outOfRange = (min: number, max: number): string => `must be between ${min} and ${max}, inclusive`;

export const dnsLabelErrors = (value: string): string[] => {
  const errors = byteLength(value) > MAX_DNS_LABEL_BYTES ? [tooManyCharacters(MAX_DNS_LABEL_BYTES)] : [];
  if (dnsLabelPattern.test(value)) return errors;
  const wrong = dnsSubdomainPattern.test(value)
    ? 'must not contain dots'
    : patternError(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        DNS_LABEL,
        'my-name',
        '123-abc',
      );
  return [...errors, wrong];
};

const subdomainPatternError = patternError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  DNS_SUBDOMAIN,
  'example.com',
);

const subdomainErrors = (value: string, tooLong: string): string[] => [
  ...(byteLength(value) > MAX_DNS_SUBDOMAIN_BYTES ? [tooLong] : []),
  ...(dnsSubdomainPattern.test(value) ? [] : [subdomainPatternError]),
];

export const dnsSubdomainErrors = (value: string): string[] => subdomainErrors(value, tooManyCharacters(MAX_DNS_SUBDOMAIN_BYTES));

const WILDCARD_SUBDOMAIN = `\\*\\.${DNS_SUBDOMAIN}`;
const wildcardSubdomainPattern = whole(WILDCARD_SUBDOMAIN);

/** A subdomain with a star for its first label. */
export const wildcardSubdomainErrors = (value: string): string[] => [
  ...(byteLength(value) > MAX_DNS_SUBDOMAIN_BYTES ? [tooManyCharacters(MAX_DNS_SUBDOMAIN_BYTES)] : []),
  ...(wildcardSubdomainPattern.test(value)
    ? []
    : [
        patternError(
          "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
          WILDCARD_SUBDOMAIN,
          '*.example.com',
        ),
      ]),
];

/** A subdomain some of whose labels may begin with or hold an underscore, as DNS search paths do. */
export const dnsSubdomainUnderscoreErrors = (value: string): string[] => [
  ...(byteLength(value) > MAX_DNS_SUBDOMAIN_BYTES ? [tooManyCharacters(MAX_DNS_SUBDOMAIN_BYTES)] : []),
  ...(dnsSubdomainUnderscorePattern.test(value)
    ? []
    : [
        patternError(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
          DNS_SUBDOMAIN_UNDERSCORE,
          'example.com',
        ),
      ]),
];

/** A prefix that a name will be made from: a dash may end it, as more will follow. */
export const dnsSubdomainPrefixErrors = (value: string): string[] => dnsSubdomainErrors(maskTrailingDash(value));

/** The same for a DNS label. */
export const dnsLabelPrefixErrors = (value: string): string[] => dnsLabelErrors(maskTrailingDash(value));

const maskTrailingDash = (value: string): string => (value.length > 1 && value.endsWith('-') ? `${value.slice(0, -2)}a` : value);

const MUST_CONSIST = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const qualifiedNameError = (subject: string): string =>
  patternError(`${subject} ${MUST_CONSIST}`, QUALIFIED_NAME_PART, 'MyName', 'my.name', '123-abc');

/** `[prefix/]name`, the grammar of label keys, condition types and most other names. */
export const qualifiedNameErrors = (value: string): string[] => {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [`${qualifiedNameError('a valid label key')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1)!;
  const errors = parts.length === 2 ? prefixErrors(parts[0]!) : [];
  if (name === '') errors.push('name part must be non-empty');
  else if (byteLength(name) > MAX_NAME_PART_BYTES) errors.push(`name part ${tooManyBytes(MAX_NAME_PART_BYTES)}`);
  if (!qualifiedNamePartPattern.test(name)) errors.push(qualifiedNameError('name part'));
  return errors;
};

const prefixErrors = (prefix: string): string[] =>
  prefix === ''
    ? ['prefix part must be non-empty']
    : subdomainErrors(prefix, tooManyBytes(MAX_DNS_SUBDOMAIN_BYTES)).map((message) => `prefix part ${message}`);

export const labelValueErrors = (value: string): string[] => [
  ...(byteLength(value) > MAX_NAME_PART_BYTES ? [tooManyBytes(MAX_NAME_PART_BYTES)] : []),
  ...(labelValuePattern.test(value)
    ? []
    : [
        patternError(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
          LABEL_VALUE,
          'MyValue',
          'my_value',
          '12345',
        ),
      ]),
];

export const portNumberErrors = (port: number | bigint): string[] => (port >= 1 && port <= 65_535 ? [] : [outOfRange(1, 65_535)]);

export const portNameErrors = (name: string): string[] => [
  ...(byteLength(name) > MAX_PORT_NAME_BYTES ? [tooManyCharacters(MAX_PORT_NAME_BYTES)] : []),
  ...(/^[-a-z0-9]+$/.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
  ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(name.startsWith('-') || name.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];

/** Any printable ASCII but '=' (the gate RelaxedEnvironmentVariableValidation is on). */
export const envNameErrors = (name: string): string[] =>
  Array.from(name).some((character) => character > '\u007f' || !isPrintable(character) || character === '=')
    ? ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    : [];

export const configKeyErrors = (key: string): string[] => [
  ...(byteLength(key) > MAX_DNS_SUBDOMAIN_BYTES ? [tooManyCharacters(MAX_DNS_SUBDOMAIN_BYTES)] : []),
  ...(configKeyPattern.test(key)
    ? []
    : [
        patternError(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          CONFIG_KEY,
          'key.name',
          'KEY_NAME',
          'key-name',
        ),
      ]),
  ...dotPrefixErrors(key),
];

const dotPrefixErrors = (key: string): string[] => {
  if (key === '.' || key === '..') return [`must not be '${key}'`];
  return key.startsWith('..') ? ["must not start with '..'"] : [];
};

const PERCENT = '[0-9]+%';

export const percentErrors = (value: string): string[] =>
  whole(PERCENT).test(value)
    ? []
    : [patternError("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%')];

export const httpHeaderNameErrors = (name: string): string[] =>
  httpHeaderNamePattern.test(name)
    ? []
    : [patternError("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER_NAME, 'X-Header-Name')];

/** A user or group id; the bound is the largest of a signed 32-bit number. */
export const idErrors = (id: number | bigint): string[] => (id >= 0 && id <= 2_147_483_647 ? [] : [outOfRange(0, 2_147_483_647)]);
