import type { Gateway, GatewayClass, GatewayParentReference, HTTPRoute, Namespace } from '@solo-kubelet/object-spec';
import type { Backend, Listener, ListenerRule, ProxyName } from '../route-table.js';
import type { SecretsInput } from '../secret-pair.js';
import type { KnownServices } from '../service-backend.js';
import { byAge } from './age-order.js';
import { type Attachment, attachRoute, type ReadRoute, readRoute } from './attach-route.js';
import { byHost } from './gateway-hosts.js';
import { condition, type GatewayClassVerdict, type GatewayVerdict, type HTTPRouteVerdict } from './gateway-status.js';
import { type OpenListener, type ReadListenersInput, readListeners } from './read-listeners.js';
import { GATEWAY_GROUP, keyOf, namespaceOf } from './references.js';
import { type AttachedRoute, MOST_LINES, routesLeftOut } from './rule-limit.js';

/** Controller of a GatewayClass that this proxy is. */
export const GATEWAY_CONTROLLER = 'solo-kubelet.dev/gateway';

/** The objects of Gateway API. */
export interface GatewayObjects extends Omit<ReadListenersInput, keyof SecretsInput | 'acme' | 'wanted'> {
  readonly classes: readonly GatewayClass[];
  readonly routes: readonly HTTPRoute[];
  readonly namespaces: readonly Namespace[];
}

export interface GatewaysInput extends GatewayObjects, KnownServices, SecretsInput, Pick<ReadListenersInput, 'acme' | 'wanted'> {
  /** Default haproxy. */
  readonly proxy?: ProxyName;
  /** `namespace/name` of HTTPRoutes that the proxy has no room for, and what is said of each. Default none. */
  readonly leftOut?: ReadonlyMap<string, string>;
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
  const classes = input.classes.filter(({ spec }) => spec?.controllerName === GATEWAY_CONTROLLER);
  const accepted = new Set(classes.filter(isAccepted).map(({ metadata }) => metadata.name));
  const gateways = input.gateways.filter(({ spec }) => spec !== undefined && accepted.has(spec.gatewayClassName));
  const open = readListeners({ ...input, gateways });
  const known = input.routes.flatMap((route): readonly KnownRoute[] => {
    const own = ownParents(route, gateways);
    if (own.length === 0) return [];
    const read = readRoute(route, input);
    const parents = own.map(({ parentRef, key }) => {
      const asked = open.filter((listener) => listener.key === key);
      return { parentRef, attachment: attachRoute(read, parentRef, asked, input.namespaces) };
    });
    const taking = parents.flatMap(({ attachment }) => attachment.listeners);
    return [{ read, parents, hosts: new Map(taking.map(({ listener, hosts }) => [listener, hosts])) }];
  });
  const tooMany = routesLeftOut(known);
  const whyLeftOut = ({ route }: ReadRoute): string | undefined => input.leftOut?.get(keyOf(route));
  const leftOut = new Set([...tooMany, ...known.map(({ read }) => read).filter((read) => whyLeftOut(read) !== undefined)]);
  const inForce = known.filter(({ read }) => !leftOut.has(read)).sort((a, b) => byAge(a.read.route, b.read.route));
  const attachedTo = (listener: OpenListener): readonly KnownRoute[] => inForce.filter(({ hosts }) => hosts.has(listener));
  return {
    listeners: open
      .filter(({ fault }) => fault === undefined)
      .map((listener) => toListener(listener, attachedTo(listener)))
      .sort((a, b) => byHost(a.host, b.host)),
    backends: new Map(inForce.flatMap(({ read }) => [...read.servers])),
    classes: classes.map(classVerdict),
    gateways: gateways.map((gateway) =>
      gatewayVerdict(
        gateway,
        open.filter((listener) => listener.gateway === gateway),
        (listener) => attachedTo(listener).length,
      ),
    ),
    routes: known.map(({ read, parents }) => ({
      key: keyOf(read.route),
      parents: parents.map(({ parentRef, attachment }) => ({
        parentRef,
        conditions: routeConditions(leftOut.has(read) ? withoutRoom(attachment, whyLeftOut(read)) : attachment, read),
      })),
    })),
  };
};

/** A route that names a Gateway of ours. */
interface KnownRoute extends AttachedRoute<OpenListener> {
  readonly parents: readonly { readonly parentRef: GatewayParentReference; readonly attachment: Attachment }[];
}

const TOO_MANY = `the rules of all HTTPRoutes of the node, for each of their hosts and at each listener, would be more than ${MOST_LINES} lines and comparisons`;

const withoutRoom = ({ listeners, accepted }: Attachment, why = TOO_MANY): Attachment => ({
  listeners: [],
  accepted: listeners.length === 0 ? accepted : condition('Accepted', false, 'TooManyRules', why),
});

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

const toListener = (listener: OpenListener, attached: readonly KnownRoute[]): Listener => {
  const { key, spec, host, certificates } = listener;
  const rules = attached.flatMap(({ read, hosts }) =>
    (hosts.get(listener) ?? []).flatMap((each) => read.rules.map((rule) => ({ ...rule, host: each, route: keyOf(read.route) }))),
  );
  return {
    gateway: key,
    name: spec.name,
    port: spec.port,
    host,
    ...(certificates !== undefined && { certificates }),
    rules: rules.sort(byPrecedence),
  };
};

/** As the specification has it; the order of equal ones is kept. */
const byPrecedence = (a: ListenerRule, b: ListenerRule): number =>
  byHost(a.host, b.host) ||
  (a.pathType === b.pathType ? 0 : a.pathType === 'Exact' ? -1 : 1) ||
  b.path.length - a.path.length ||
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  b.headers.length - a.headers.length ||
  b.query.length - a.query.length;
