import type { GatewayParentReference, HTTPBackendRef, HTTPRoute, Namespace, ReferenceGrant } from '@solo-kubelet/object-spec';
import { labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import { isHost } from '../host-name.js';
import { nginxLacks } from '../nginx/nginx-limits.js';
import type { Backend, ListenerRule, ProxyName, RouteAction } from '../route-table.js';
import { type KnownServices, serviceBackend } from '../service-backend.js';
import { commonHosts } from './gateway-hosts.js';
import { condition, type RouteCondition } from './gateway-status.js';
import type { OpenListener } from './read-listeners.js';
import { mayRefer, namespaceOf } from './references.js';
import { readRule } from './route-action.js';

/** A route's rules, without the hosts that each listener gives them. */
export interface ReadRoute {
  readonly route: HTTPRoute;
  readonly rules: readonly Omit<ListenerRule, 'host'>[];
  /** What its rules lead to, by name. */
  readonly servers: ReadonlyMap<string, Backend>;
  /** What is not supported in it; `all`: nothing of it is. */
  readonly unsupported?: { readonly message: string; readonly all: boolean };
  readonly resolved: RouteCondition;
}

export interface BackendsInput extends KnownServices {
  readonly grants: readonly ReferenceGrant[];
  /** What carries requests: one that can't do what a rule asks for has it dropped. Default haproxy. */
  readonly proxy?: ProxyName;
}

/** What an HTTPRoute asks for. */
export const readRoute = (route: HTTPRoute, input: BackendsInput): ReadRoute => {
  const servers = new Map<string, Backend>();
  const rules: Omit<ListenerRule, 'host'>[] = [];
  const unsupported: string[] = [];
  const faults: RouteCondition[] = [];
  const all = route.spec?.rules ?? [];
  for (const [i, rule] of all.entries()) {
    const reading = readRule(rule);
    if ('unsupported' in reading) {
      unsupported.push(`spec.rules[${i}]: ${reading.unsupported}`);
      continue;
    }
    const leading = (rule.backendRefs ?? []).map((reference, n) => {
      const { weight = 1 } = reference;
      const found = lead(route, reference, input);
      if ('fault' in found) {
        faults.push(found.fault);
        return { weight };
      }
      servers.set(found.backend.name, found.backend);
      return { weight, name: found.backend.name, ...reading.ofBackends[n] };
    });
    const mirrors = reading.mirrors.flatMap(({ reference, ...share }) => {
      const found = lead(route, reference, input);
      if ('fault' in found) {
        faults.push(found.fault);
        return [];
      }
      servers.set(found.backend.name, found.backend);
      return { ...share, name: found.backend.name };
    });
    const action: RouteAction = {
      ...reading.action,
      backends: leading.filter(({ weight }) => weight > 0),
      ...(mirrors.length > 0 && { mirrors }),
    };
    const lacking = input.proxy === 'nginx' ? nginxLacks({ matches: reading.matches, action, servers }) : [];
    if (lacking.length > 0) {
      unsupported.push(`spec.rules[${i}]: ${[...new Set(lacking)].join('; ')}`);
      continue;
    }
    rules.push(...reading.matches.map((match) => ({ ...match, action })));
  }
  return {
    route,
    rules,
    servers,
    ...(unsupported.length > 0 && { unsupported: { message: unsupported.join('; '), all: unsupported.length === all.length } }),
    resolved: faults[0] ?? condition('ResolvedRefs', true, 'ResolvedRefs'),
  };
};

const lead = (
  route: HTTPRoute,
  { group = '', kind = 'Service', name, namespace = namespaceOf(route), port = 0 }: HTTPBackendRef,
  input: BackendsInput,
): { readonly backend: Backend } | { readonly fault: RouteCondition } => {
  const refuse = (reason: string, message: string) => ({ fault: condition('ResolvedRefs', false, reason, message) });
  if (group !== '' || kind !== 'Service')
    return refuse('InvalidKind', `a backend of kind ${group === '' ? '' : `${group}/`}${kind} is not supported`);
  if (!mayRefer({ kind: 'HTTPRoute', namespace: namespaceOf(route) }, { kind, namespace, name }, input.grants))
    return refuse(
      'RefNotPermitted',
      `no ReferenceGrant of namespace ${namespace} lets HTTPRoutes of ${namespaceOf(route)} refer to service ${name}`,
    );
  const found = serviceBackend(namespace, { name, port: { number: port } }, { ...input, protocol: undefined });
  return found.problem === undefined && 'backend' in found
    ? { backend: found.backend }
    : refuse('BackendNotFound', found.problem ?? `service "${namespace}/${name}" not found`);
};

/** Where one parent of a route takes it. */
export interface Attachment {
  readonly listeners: readonly { readonly listener: OpenListener; readonly hosts: readonly string[] }[];
  readonly accepted: RouteCondition;
}

/** The listeners of a Gateway that take a route, each with the hosts that both have, or why none does. */
export const attachRoute = (
  { route, unsupported }: ReadRoute,
  { sectionName, port }: GatewayParentReference,
  listeners: readonly OpenListener[],
  namespaces: readonly Namespace[],
): Attachment => {
  const none = (reason: string, message: string): Attachment => ({
    listeners: [],
    accepted: condition('Accepted', false, reason, message),
  });
  const asked = listeners.filter(
    ({ spec }) => (sectionName === undefined || sectionName === spec.name) && (port === undefined || port === spec.port),
  );
  if (asked.length === 0) {
    const place = [...(sectionName === undefined ? [] : [`of name ${sectionName}`]), ...(port === undefined ? [] : [`of port ${port}`])];
    return none('NoMatchingParent', `the Gateway has no listener ${place.join(' and ')}`.trim());
  }
  const allowed = asked.filter((listener) => isAllowed(route, listener, namespaces));
  if (allowed.length === 0) return none('NotAllowedByListeners', `no listener takes HTTPRoutes of namespace ${namespaceOf(route)}`);
  const hosts = (route.spec?.hostnames ?? []).map((host) => host.toLowerCase());
  const odd = hosts.find((host) => !isHost(host));
  if (odd !== undefined) return none('UnsupportedValue', `hostname ${JSON.stringify(odd)} is no name of a host`);
  const common = allowed
    .map((listener) => ({ listener, hosts: commonHosts(listener.host, hosts) }))
    .filter((each) => each.hosts.length > 0);
  if (common.length === 0) return none('NoMatchingListenerHostname', 'no listener has a host of the route');
  if (unsupported?.all === true) return none('UnsupportedValue', unsupported.message);
  return { listeners: common, accepted: condition('Accepted', true, 'Accepted') };
};

const isAllowed = (route: HTTPRoute, { gateway, spec, supportedKinds }: OpenListener, namespaces: readonly Namespace[]): boolean => {
  if (supportedKinds.length === 0) return false;
  const { from = 'Same', selector } = spec.allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Same') return namespaceOf(route) === namespaceOf(gateway);
  if (from !== 'Selector') return false;
  const requirements = labelSelectorRequirements(selector);
  const name = namespaceOf(route);
  const labels = namespaces.find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
  return requirements.ok && matchesLabels(requirements.requirements, { ...labels, 'kubernetes.io/metadata.name': name });
};
