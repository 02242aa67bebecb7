import type { ListenerVerdict, RouteCondition, RouteTable, RouteTableResult } from '@solo-kubelet/ingress-proxy';
import type { ApiObject, Condition, Gateway, GatewayClass, HTTPRoute } from '@solo-kubelet/object-spec';
import type { ProxyState } from './ingress-state.js';

/** What is known of the objects of Gateway API of a node. */
export interface GatewayState {
  readonly classes: readonly GatewayClass[];
  readonly gateways: readonly Gateway[];
  readonly routes: readonly HTTPRoute[];
  readonly verdicts: RouteTableResult['gateways'];
  readonly table: RouteTable;
  readonly addresses: readonly string[];
  readonly proxy: ProxyState;
  /** Name of this controller in the status of routes. */
  readonly controllerName: string;
}

const keyOf = ({ metadata }: Gateway | HTTPRoute): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;

/** As the definitions of Gateway API have it for objects that no controller has seen. */
const WAITING_SINCE = '1970-01-01T00:00:00Z';
const waiting = (type: string) => ({
  type,
  status: 'Unknown' as const,
  reason: 'Pending',
  message: 'Waiting for controller',
  lastTransitionTime: WAITING_SINCE,
});

/** Conditions as they are now; one whose status is that of before keeps its time. */
type Dated = (generation: unknown, conditions: readonly RouteCondition[], before: readonly Condition[] | undefined) => readonly Condition[];

const datedAt =
  (nowText: string): Dated =>
  (generation, conditions, before = []) =>
    conditions.map((condition) => {
      const earlier = before.find(({ type, status }) => type === condition.type && status === condition.status);
      return {
        ...condition,
        ...(generation !== undefined && { observedGeneration: Number(generation) }),
        lastTransitionTime: earlier?.lastTransitionTime ?? nowText,
      };
    });

/** The objects as they are shown: with a status where they are this controller's. `before`: what was shown last, by uid. */
export const shownGateways = (state: GatewayState, before: ReadonlyMap<string, ApiObject>, nowText: string): readonly ApiObject[] => {
  const dated = datedAt(nowText);
  const earlier = <T extends object>(object: { readonly metadata: { readonly uid?: string } }): T | undefined =>
    (before.get(object.metadata.uid ?? '') as { readonly status?: T } | undefined)?.status;
  return [
    ...state.classes.map((each) => shownClass(each, state, dated, earlier(each))),
    ...state.gateways.map((each) => shownGateway(each, state, dated, earlier(each))),
    ...state.routes.map((each) => shownRoute(each, state, dated, earlier(each))),
  ] as readonly ApiObject[];
};

const FEATURES = [
  'Gateway',
  'GatewayHTTPListenerIsolation',
  'GatewayPort8080',
  'HTTPRoute',
  'HTTPRouteBackendRequestHeaderModification',
  'HTTPRouteBackendTimeout',
  'HTTPRouteHostRewrite',
  'HTTPRouteMethodMatching',
  'HTTPRoutePathRedirect',
  'HTTPRoutePathRewrite',
  'HTTPRoutePortRedirect',
  'HTTPRouteQueryParamMatching',
  'HTTPRouteRequestMirror',
  'HTTPRouteRequestMultipleMirrors',
  'HTTPRouteRequestPercentageMirror',
  'HTTPRouteRequestTimeout',
  'HTTPRouteResponseHeaderModification',
  'HTTPRouteSchemeRedirect',
  'ReferenceGrant',
];

const shownClass = (
  { status: _, ...object }: GatewayClass,
  { verdicts }: GatewayState,
  dated: Dated,
  before: GatewayClass['status'],
): GatewayClass => {
  const verdict = verdicts.classes.find(({ name }) => name === object.metadata.name);
  if (verdict === undefined) return { ...object, status: { conditions: [waiting('Accepted')] } };
  return {
    ...object,
    status: {
      conditions: dated(object.metadata.generation, verdict.conditions, before?.conditions),
      supportedFeatures: FEATURES.map((name) => ({ name })),
    },
  };
};

const shownGateway = ({ status: _, ...object }: Gateway, state: GatewayState, dated: Dated, before: Gateway['status']): Gateway => {
  const verdict = state.verdicts.gateways.find(({ key }) => key === keyOf(object));
  if (verdict === undefined) return { ...object, status: { conditions: [waiting('Accepted'), waiting('Programmed')] } };
  const { generation } = object.metadata;
  const listeners = verdict.listeners.map((listener) => ({ listener, conditions: listenerConditions(listener, verdict.key, state) }));
  const isProgrammed = listeners.some(({ conditions }) =>
    conditions.some(({ type, status }) => type === 'Programmed' && status === 'True'),
  );
  const programmed: RouteCondition = {
    type: 'Programmed',
    status: isProgrammed ? 'True' : 'False',
    reason: isProgrammed ? 'Programmed' : listeners.every(({ listener }) => listener.fault !== undefined) ? 'Invalid' : 'Pending',
    message: isProgrammed ? '' : 'no listener is in force',
  };
  return {
    ...object,
    status: {
      ...(isProgrammed && { addresses: state.addresses.map((value) => ({ type: 'IPAddress', value })) }),
      conditions: dated(generation, [...verdict.conditions, programmed], before?.conditions),
      listeners: listeners.map(({ listener: { name, supportedKinds, attachedRoutes }, conditions }) => ({
        name,
        supportedKinds,
        attachedRoutes,
        conditions: dated(generation, conditions, before?.listeners?.find((each) => each.name === name)?.conditions),
      })),
    },
  };
};

/** Conditions of a listener with what became of it in the proxy. */
export const listenerConditions = (
  { name, port, fault, conditions }: ListenerVerdict,
  gateway: string,
  { table, proxy }: Pick<GatewayState, 'table' | 'proxy'>,
): readonly RouteCondition[] => {
  const holder = fault === undefined ? proxy.taken?.get(port) : undefined;
  const isInForce =
    proxy.open?.includes(port) === true &&
    (proxy.table === table ||
      proxy.table?.listeners.some((each) => each.gateway === gateway && each.name === name && each.port === port) === true);
  const said = fault ?? (holder === undefined ? (proxy.trouble?.message ?? '') : `port ${port} is held by ${holder}`);
  const ok = fault === undefined && holder === undefined && isInForce;
  return [
    ...conditions.map((condition) =>
      condition.type === 'Accepted' && holder !== undefined
        ? { ...condition, status: 'False' as const, reason: 'PortUnavailable', message: said }
        : condition,
    ),
    {
      type: 'Programmed',
      status: ok ? 'True' : 'False',
      reason: ok ? 'Programmed' : fault !== undefined || holder !== undefined ? 'Invalid' : 'Pending',
      message: ok ? '' : said,
    },
  ];
};

const shownRoute = (
  { status: _, ...object }: HTTPRoute,
  { verdicts, controllerName }: GatewayState,
  dated: Dated,
  before: HTTPRoute['status'],
): HTTPRoute => {
  const verdict = verdicts.routes.find(({ key }) => key === keyOf(object));
  return {
    ...object,
    status: {
      parents: (verdict?.parents ?? []).map(({ parentRef, conditions }, i) => ({
        parentRef,
        controllerName,
        conditions: dated(object.metadata.generation, conditions, before?.parents[i]?.conditions),
      })),
    },
  };
};

/** Something that whoever wrote an object should know. */
export interface GatewayNotice {
  readonly reason: string;
  readonly message: string;
  readonly about: ApiObject;
}

/** What is wrong with the objects as they are shown, by a text of its own. */
export const gatewayNotices = (shown: readonly ApiObject[]): ReadonlyMap<string, GatewayNotice> => {
  const notices = new Map<string, GatewayNotice>();
  for (const object of shown)
    for (const { type, status, reason, message } of conditionsOf(object)) {
      // What is not in force yet comes into force, or has another condition that says why it does not.
      const isWrong =
        type === 'Conflicted' || type === 'PartiallyInvalid' ? status === 'True' : status === 'False' && type !== 'Programmed';
      if (isWrong) notices.set(`${object.metadata.uid} ${reason} ${message}`, { reason, message, about: object });
    }
  return notices;
};

const conditionsOf = (object: ApiObject): readonly Condition[] => {
  if (object.kind === 'GatewayClass') return object.status?.conditions ?? [];
  if (object.kind === 'HTTPRoute') return (object.status?.parents ?? []).flatMap(({ conditions = [] }) => conditions);
  if (object.kind !== 'Gateway') return [];
  return [...(object.status?.conditions ?? []), ...(object.status?.listeners ?? []).flatMap(({ conditions }) => conditions)];
};
