import type { Gateway, GatewayClass, HTTPRoute, Namespace } from '@solo-kubelet/object-spec';
import type { Backend, Listener, ListenerRule } from '../route-table.js';
import { type Attachment, attachRoute, type BackendsInput, type ReadRoute, readRoute } from './attach-route.js';
import { byHost } from './gateway-hosts.js';
import { condition, type GatewayClassVerdict, type GatewayVerdict, type HTTPRouteVerdict } from './gateway-status.js';
import { type OpenListener, type ReadListenersInput, readListeners } from './read-listeners.js';
import { GATEWAY_GROUP, keyOf, namespaceOf } from './references.js';

/** Controller of a GatewayClass that this proxy is. */
export const GATEWAY_CONTROLLER = 'solo-kubelet.dev/gateway';

export interface GatewaysInput extends ReadListenersInput, BackendsInput {
  readonly gatewayClasses: readonly GatewayClass[];
  readonly routes: readonly HTTPRoute[];
  readonly namespaces: readonly Namespace[];
}

export interface GatewaysResult {
  readonly listeners: readonly Listener[];
  readonly backends: ReadonlyMap<string, Backend>;
  readonly classes: readonly GatewayClassVerdict[];
  readonly gateways: readonly GatewayVerdict[];
  readonly routes: readonly HTTPRouteVerdict[];
}

/** What Gateways and HTTPRoutes come to: listeners with their rules in the order of the specification, and what is said of each object. */
export const computeGateways = (input: GatewaysInput): GatewaysResult => {
  const classes = input.gatewayClasses.filter(({ spec }) => spec?.controllerName === GATEWAY_CONTROLLER);
  const accepted = new Set(classes.filter(isAccepted).map(({ metadata }) => metadata.name));
  const gateways = input.gateways.filter(({ spec }) => spec !== undefined && accepted.has(spec.gatewayClassName));
  const open = readListeners({ ...input, gateways });
  const backends = new Map<string, Backend>();
  const attached = new Map<OpenListener, { readonly read: ReadRoute; readonly hosts: readonly string[] }[]>();
  const routes = input.routes.flatMap((route): readonly HTTPRouteVerdict[] => {
    const parents = ownParents(route, gateways);
    if (parents.length === 0) return [];
    const read = readRoute(route, input, backends);
    const verdicts = parents.map(({ parentRef, key }) => {
      const attachment = attachRoute(
        read,
        parentRef,
        open.filter((listener) => listener.key === key),
        input.namespaces,
      );
      for (const { listener, hosts } of attachment.listeners) {
        const there = attached.get(listener) ?? [];
        attached.set(listener, [...there.filter((each) => each.read !== read), { read, hosts }]);
      }
      return { parentRef, conditions: routeConditions(attachment, read) };
    });
    return [{ key: keyOf(route), parents: verdicts }];
  });
  return {
    listeners: open
      .filter(({ fault }) => fault === undefined)
      .map((listener) => toListener(listener, attached.get(listener) ?? []))
      .sort((a, b) => byHost(a.host, b.host)),
    backends,
    classes: classes.map(classVerdict),
    gateways: gateways.map((gateway) =>
      gatewayVerdict(
        gateway,
        open.filter((listener) => listener.gateway === gateway),
        (listener) => attached.get(listener)?.length ?? 0,
      ),
    ),
    routes,
  };
};

const isAccepted = ({ spec }: GatewayClass): boolean => spec?.parametersRef === undefined;

const classVerdict = (gatewayClass: GatewayClass): GatewayClassVerdict => ({
  name: gatewayClass.metadata.name ?? '',
  conditions: [
    isAccepted(gatewayClass)
      ? condition('Accepted', true, 'Accepted')
      : condition('Accepted', false, 'InvalidParameters', 'parametersRef is not supported'),
  ],
});

const ownParents = (route: HTTPRoute, gateways: readonly Gateway[]) =>
  (route.spec?.parentRefs ?? []).flatMap((parentRef) => {
    const { group = GATEWAY_GROUP, kind = 'Gateway', namespace = namespaceOf(route), name } = parentRef;
    const key = `${namespace}/${name}`;
    return group === GATEWAY_GROUP && kind === 'Gateway' && gateways.some((gateway) => keyOf(gateway) === key) ? [{ parentRef, key }] : [];
  });

const routeConditions = ({ accepted }: Attachment, { resolved, unsupported }: ReadRoute) => [
  accepted,
  resolved,
  ...(accepted.status === 'True' && unsupported !== undefined
    ? [condition('PartiallyInvalid', true, 'UnsupportedValue', `Dropped Rule: ${unsupported.message}`)]
    : []),
];

const gatewayVerdict = (
  gateway: Gateway,
  listeners: readonly OpenListener[],
  attachedTo: (listener: OpenListener) => number,
): GatewayVerdict => {
  const isBad = ({ conditions }: OpenListener): boolean => conditions.some(({ type, status }) => type === 'Accepted' && status === 'False');
  const wrong = listeners.filter(isBad).map(({ spec }) => spec.name);
  const addresses = gateway.spec?.addresses ?? [];
  return {
    key: keyOf(gateway),
    conditions: [
      addresses.length > 0
        ? condition('Accepted', false, 'UnsupportedAddress', 'spec.addresses: a Gateway has the addresses of the node')
        : condition(
            'Accepted',
            wrong.length < listeners.length,
            wrong.length > 0 ? 'ListenersNotValid' : 'Accepted',
            wrong.length > 0 ? `not accepted: ${wrong.join(', ')}` : '',
          ),
    ],
    listeners: listeners.map((listener) => ({
      name: listener.spec.name,
      port: listener.spec.port,
      supportedKinds: listener.supportedKinds,
      attachedRoutes: attachedTo(listener),
      conditions: listener.conditions,
      ...(listener.fault !== undefined && { fault: listener.fault }),
    })),
  };
};

const toListener = (
  { key, spec, host, certificates }: OpenListener,
  attached: readonly { readonly read: ReadRoute; readonly hosts: readonly string[] }[],
): Listener => {
  const ordered = attached.toSorted((a, b) => byAge(a.read.route, b.read.route));
  const rules = ordered.flatMap(({ read, hosts }) => hosts.flatMap((each) => read.rules.map((rule) => ({ ...rule, host: each }))));
  return {
    gateway: key,
    name: spec.name,
    port: spec.port,
    host,
    ...(certificates !== undefined && { certificates }),
    rules: rules.sort(byPrecedence),
  };
};

/** The oldest route goes first, then the first by name. */
const byAge = (a: HTTPRoute, b: HTTPRoute): number => {
  const [ageA, ageB] = [String(a.metadata.creationTimestamp ?? ''), String(b.metadata.creationTimestamp ?? '')];
  return (ageA < ageB ? -1 : ageA > ageB ? 1 : 0) || (keyOf(a) < keyOf(b) ? -1 : 1);
};

/** As the specification has it; the order of equal ones is kept. */
const byPrecedence = (a: ListenerRule, b: ListenerRule): number =>
  byHost(a.host, b.host) ||
  (a.pathType === b.pathType ? 0 : a.pathType === 'Exact' ? -1 : 1) ||
  b.path.length - a.path.length ||
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  b.headers.length - a.headers.length ||
  b.query.length - a.query.length;
