import { type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { GatewayParentReference, HTTPBackendRef, HTTPRoute, HTTPRouteMatch, HTTPRouteRule } from '../../gen/object-types.js';
import type { KindRules } from '../kind-rules.js';
import {
  validateCount,
  validateHostname,
  validateOneOf,
  validatePort,
  validateRange,
  validateReference,
  validateSectionName,
} from './crd-rules.js';
import { validateFilters, validateHeaderName } from './http-filters.js';

const GATEWAY_GROUP = 'gateway.networking.k8s.io';
const MAX_PARENTS = 32;
const MAX_HOSTNAMES = 16;
const MAX_RULES = 16;
const MAX_MATCHES = 64;
const MAX_ALL_MATCHES = 128;
const MAX_VALUES = 16;
const MAX_VALUE = { headers: 4096, queryParams: 1024 };
const MAX_BACKENDS = 16;
const MAX_WEIGHT = 1_000_000;
const MAX_PATH = 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F', '#'];
const FORBIDDEN_ENDS = ['/..', '/.'];
const PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;
const PLAIN = "when type one of ['Exact', 'PathPrefix']";

const validatePath = (path: NonNullable<HTTPRouteMatch['path']>, field: string, report: Report): void => {
  const { type = '', value = '' } = path;
  validateOneOf(type, `${field}.type`, report, ['Exact', 'PathPrefix', 'RegularExpression']);
  if (value.length > MAX_PATH) report.tooLong(`${field}.value`, MAX_PATH);
  if (type !== 'Exact' && type !== 'PathPrefix') return;
  const refuse = (detail: string): void => report.invalidStructure(field, path, detail);
  if (!value.startsWith('/')) refuse(`value must be an absolute path and start with '/' ${PLAIN}`);
  for (const sequence of FORBIDDEN_SEQUENCES) if (value.includes(sequence)) refuse(`must not contain '${sequence}' ${PLAIN}`);
  for (const end of FORBIDDEN_ENDS) if (value.endsWith(end)) refuse(`must not end with '${end}' ${PLAIN}`);
  if (!PATH.test(value))
    refuse(
      "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']",
    );
};

const validateMatch = ({ path, headers = [], queryParams = [], method }: HTTPRouteMatch, field: string, report: Report): void => {
  if (path !== undefined) validatePath(path, `${field}.path`, report);
  validateOneOf(method, `${field}.method`, report, METHODS);
  for (const [key, values] of Object.entries({ headers, queryParams } as const)) {
    validateCount(values, `${field}.${key}`, report, MAX_VALUES);
    for (const [i, { type, name, value = '' }] of values.entries()) {
      const place = `${field}.${key}[${i}]`;
      validateOneOf(type, `${place}.type`, report, ['Exact', 'RegularExpression']);
      validateHeaderName(name, `${place}.name`, report);
      const max = MAX_VALUE[key as keyof typeof MAX_VALUE];
      if (value === '') report.required(`${place}.value`);
      else if (value.length > max) report.tooLong(`${place}.value`, max);
      if (values.slice(0, i).some((earlier) => earlier.name === name)) report.duplicate(place, name);
    }
  }
};

const validateBackend = (backend: HTTPBackendRef, field: string, report: Report): void => {
  const { group = '', kind = 'Service', port, weight, filters = [] } = backend;
  validateReference({ ...backend, kind }, field, report);
  validatePort(port, `${field}.port`, report);
  validateRange(weight, `${field}.weight`, report, 0, MAX_WEIGHT);
  if (group === '' && kind === 'Service' && port === undefined)
    report.invalidStructure(field, backend, 'Must have port for Service reference');
  validateFilters(filters, [], `${field}.filters`, report);
};

const DURATION = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;

const validateRule = (rule: HTTPRouteRule, field: string, report: Report): void => {
  const { name, matches = [], filters = [], backendRefs = [], timeouts = {} } = rule;
  validateSectionName(name, `${field}.name`, report);
  validateCount(matches, `${field}.matches`, report, MAX_MATCHES);
  for (const [i, match] of matches.entries()) validateMatch(match, `${field}.matches[${i}]`, report);
  validateFilters(filters, matches, `${field}.filters`, report);
  validateCount(backendRefs, `${field}.backendRefs`, report, MAX_BACKENDS);
  for (const [i, backend] of backendRefs.entries()) validateBackend(backend, `${field}.backendRefs[${i}]`, report);
  if (backendRefs.length > 0 && filters.some(({ requestRedirect }) => requestRedirect !== undefined))
    report.invalidStructure(field, rule, 'RequestRedirect filter must not be used together with backendRefs');
  for (const [key, value] of Object.entries(timeouts))
    if (!DURATION.test(String(value))) report.invalid(`${field}.timeouts.${key}`, String(value), `should match '${DURATION.source}'`);
};

const validateParents = (parents: readonly GatewayParentReference[], report: Report): void => {
  validateCount(parents, 'spec.parentRefs', report, MAX_PARENTS);
  for (const [i, parent] of parents.entries()) {
    validateReference(parent, `spec.parentRefs[${i}]`, report);
    validateSectionName(parent.sectionName, `spec.parentRefs[${i}].sectionName`, report);
    validatePort(parent.port, `spec.parentRefs[${i}].port`, report);
  }
  const same = new Map<string, GatewayParentReference[]>();
  for (const parent of parents) {
    const key = [parent.group, parent.kind, parent.namespace, parent.name].join(' ');
    same.set(key, [...(same.get(key) ?? []), parent]);
  }
  for (const alike of [...same.values()].filter(({ length }) => length > 1)) {
    const details = [
      ...(alike.some(({ sectionName }) => !sectionName)
        ? ['sectionName must be specified when parentRefs includes 2 or more references to the same parent']
        : []),
      ...(new Set(alike.map(({ sectionName }) => sectionName)).size < alike.length
        ? ['sectionName must be unique when parentRefs includes 2 or more references to the same parent']
        : []),
    ];
    for (const detail of details) report.invalidStructure('spec.parentRefs', parents, detail);
  }
};

const validate = ({ spec }: HTTPRoute, report: Report): void => {
  const { parentRefs = [], hostnames = [], rules = [] } = spec ?? {};
  validateParents(parentRefs, report);
  validateCount(hostnames, 'spec.hostnames', report, MAX_HOSTNAMES);
  for (const [i, host] of hostnames.entries()) validateHostname(host, `spec.hostnames[${i}]`, report);
  validateCount(rules, 'spec.rules', report, MAX_RULES);
  for (const [i, rule] of rules.entries()) validateRule(rule, `spec.rules[${i}]`, report);
  const names = rules.flatMap(({ name }) => name ?? []);
  if (new Set(names).size < names.length) report.invalidStructure('spec.rules', rules, 'Rule name must be unique within the route');
  const all = rules.reduce((sum, { matches = [] }) => sum + matches.length, 0);
  if (rules.length > 1 && all > MAX_ALL_MATCHES)
    report.invalidStructure(
      'spec.rules',
      rules,
      'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
    );
};

export const httpRouteRules: KindRules<HTTPRoute> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  fillDefaults: (route) => {
    const { spec } = route;
    if (spec === undefined) return;
    for (const parent of spec.parentRefs ?? []) {
      parent.group ??= GATEWAY_GROUP;
      parent.kind ??= 'Gateway';
    }
    if ((spec.rules ?? []).length === 0) spec.rules = [{}];
    for (const rule of spec.rules ?? []) {
      if ((rule.matches ?? []).length === 0) rule.matches = [{}];
      for (const match of rule.matches ?? []) {
        match.path ??= {};
        match.path.type ??= 'PathPrefix';
        match.path.value ??= '/';
        for (const value of [...(match.headers ?? []), ...(match.queryParams ?? [])]) value.type ??= 'Exact';
      }
      for (const { requestRedirect } of rule.filters ?? []) if (requestRedirect !== undefined) requestRedirect.statusCode ??= 302;
      for (const backend of rule.backendRefs ?? []) {
        backend.group ??= '';
        backend.kind ??= 'Service';
        backend.weight ??= 1;
      }
    }
  },
  validate,
  validateUpdate: (route, _old, report) => validate(route, report),
};
