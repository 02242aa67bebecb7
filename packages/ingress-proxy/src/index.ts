export type { AcmeState } from './core/acme/wanted-certificates.js';
export { computeRouteTable, type RouteTableInput, type RouteTableResult } from './core/compute-route-table.js';
export { GATEWAY_CONTROLLER, type GatewayObjects } from './core/gateway/compute-gateways.js';
export type {
  GatewayClassVerdict,
  GatewayVerdict,
  HTTPRouteVerdict,
  ListenerVerdict,
  RouteCondition,
} from './core/gateway/gateway-status.js';
export { INGRESS_CONTROLLER } from './core/ingress-class.js';
export { type ComparedRequest, type Match, matchListener, matchRoute, matchShared } from './core/match-route.js';
export type {
  AuthRequest,
  Backend,
  BackendEndpoint,
  Certificate,
  HeaderChanges,
  Listener,
  ListenerRule,
  Mirror,
  Route,
  RouteAction,
  RouteProblem,
  RouteTable,
  WeightedBackend,
} from './core/route-table.js';
export { answeredTokens } from './haproxy/answered-tokens.js';
export { type CertificatePair, certificateFault, type IssueCertificate } from './haproxy/own-certificates.js';
export { portHolder } from './haproxy/port-holder.js';
export { type HaproxyReport, type RunHaproxyOptions, removeHaproxy, runHaproxy } from './haproxy/run-haproxy.js';
