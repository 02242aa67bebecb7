import { httpHeaderNameErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { HTTPHeaderFilter, HTTPPathModifier, HTTPRouteFilter, HTTPRouteMatch } from '../../gen/object-types.js';
import { validateCount, validateOneOf, validatePort, validatePreciseHostname, validateReference } from './crd-rules.js';

/** The field that belongs to each type of a filter. */
const FIELDS = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
} as const;
const TYPES = Object.keys(FIELDS);
const ONCE = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'CORS'];

const MAX_FILTERS = 16;
const MAX_HEADERS = 16;
const MAX_HEADER_NAME = 256;
const MAX_HEADER_VALUE = 4096;
const MAX_PATH = 1024;

export const validateHeaderName = (name: string | undefined, field: string, report: Report): void => {
  if (!name) report.required(field);
  else if (name.length > MAX_HEADER_NAME) report.tooLong(field, MAX_HEADER_NAME);
  else report.invalidEach(field, name, httpHeaderNameErrors(name));
};

const validateHeaders = ({ set = [], add = [], remove = [] }: HTTPHeaderFilter, field: string, report: Report): void => {
  for (const [key, headers] of Object.entries({ set, add })) {
    validateCount(headers, `${field}.${key}`, report, MAX_HEADERS);
    for (const [i, { name, value = '' }] of headers.entries()) {
      validateHeaderName(name, `${field}.${key}[${i}].name`, report);
      if (value === '') report.required(`${field}.${key}[${i}].value`);
      else if (value.length > MAX_HEADER_VALUE) report.tooLong(`${field}.${key}[${i}].value`, MAX_HEADER_VALUE);
    }
  }
  validateCount(remove, `${field}.remove`, report, MAX_HEADERS);
};

const validatePathModifier = (path: HTTPPathModifier, field: string, report: Report): void => {
  const { type, replaceFullPath, replacePrefixMatch } = path;
  validateOneOf(type, `${field}.type`, report, ['ReplaceFullPath', 'ReplacePrefixMatch']);
  if (type === undefined) report.required(`${field}.type`);
  const refuse = (detail: string): void => report.invalidStructure(field, path, detail);
  if (type === 'ReplaceFullPath' && replaceFullPath === undefined)
    refuse("replaceFullPath must be specified when type is set to 'ReplaceFullPath'");
  if (type !== 'ReplaceFullPath' && replaceFullPath !== undefined) refuse("type must be 'ReplaceFullPath' when replaceFullPath is set");
  if (type === 'ReplacePrefixMatch' && replacePrefixMatch === undefined)
    refuse("replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'");
  if (type !== 'ReplacePrefixMatch' && replacePrefixMatch !== undefined)
    refuse("type must be 'ReplacePrefixMatch' when replacePrefixMatch is set");
  for (const [key, value = ''] of Object.entries({ replaceFullPath, replacePrefixMatch }))
    if (value.length > MAX_PATH) report.tooLong(`${field}.${key}`, MAX_PATH);
};

const validateFilter = (filter: HTTPRouteFilter, field: string, report: Report): void => {
  const { type, requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite, extensionRef } = filter;
  if (!type) {
    report.required(`${field}.type`);
    return;
  }
  validateOneOf(type, `${field}.type`, report, TYPES);
  for (const [name, key] of Object.entries(FIELDS)) {
    if (name !== type && filter[key] !== undefined)
      report.invalidStructure(field, filter, `filter.${key} must be nil if the filter.type is not ${name}`);
    if (name === type && filter[key] === undefined)
      report.invalidStructure(field, filter, `filter.${key} must be specified for ${name} filter.type`);
  }
  if (requestHeaderModifier !== undefined) validateHeaders(requestHeaderModifier, `${field}.requestHeaderModifier`, report);
  if (responseHeaderModifier !== undefined) validateHeaders(responseHeaderModifier, `${field}.responseHeaderModifier`, report);
  if (extensionRef !== undefined) validateReference(extensionRef, `${field}.extensionRef`, report);
  if (urlRewrite !== undefined) {
    validatePreciseHostname(urlRewrite.hostname, `${field}.urlRewrite.hostname`, report);
    if (urlRewrite.path !== undefined) validatePathModifier(urlRewrite.path, `${field}.urlRewrite.path`, report);
  }
  if (requestRedirect === undefined) return;
  const { scheme, hostname, path, port, statusCode = 302 } = requestRedirect;
  const place = `${field}.requestRedirect`;
  validateOneOf(scheme, `${place}.scheme`, report, ['http', 'https']);
  validatePreciseHostname(hostname, `${place}.hostname`, report);
  validatePort(port, `${place}.port`, report);
  const codes = ['301', '302', '303', '307', '308'];
  if (!codes.includes(String(statusCode))) report.notSupported(`${place}.statusCode`, String(statusCode), codes);
  if (path !== undefined) validatePathModifier(path, `${place}.path`, report);
};

/** Filters of a rule, together with what is matched: a prefix can be replaced only where it is the only one. */
export const validateFilters = (
  filters: readonly HTTPRouteFilter[],
  matches: readonly HTTPRouteMatch[],
  field: string,
  report: Report,
): void => {
  validateCount(filters, field, report, MAX_FILTERS);
  for (const [i, filter] of filters.entries()) validateFilter(filter, `${field}[${i}]`, report);
  const count = (type: string): number => filters.filter((filter) => filter.type === type).length;
  if (count('RequestRedirect') > 0 && count('URLRewrite') > 0)
    report.invalidStructure(
      field,
      filters,
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    );
  for (const type of ONCE) if (count(type) > 1) report.invalidStructure(field, filters, `${type} filter cannot be repeated`);
  const [only] = matches;
  const isOnePrefix = matches.length === 1 && only?.path?.type === 'PathPrefix';
  for (const { type, requestRedirect, urlRewrite } of filters) {
    if ((requestRedirect ?? urlRewrite)?.path?.type !== 'ReplacePrefixMatch' || isOnePrefix) continue;
    const detail = `When using ${type} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified`;
    report.invalidStructure(field.replace(/\.filters$/, ''), filters, detail);
  }
};
