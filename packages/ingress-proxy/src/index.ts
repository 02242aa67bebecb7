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
  ProxyName,
  Route,
  RouteAction,
  RouteProblem,
  RouteTable,
  WeightedBackend,
} from './core/route-table.js';
export { type RunHaproxyOptions, runHaproxy } from './haproxy/run-haproxy.js';
export { type RunNginxOptions, runNginx } from './nginx/run-nginx.js';
export { answeredTokens } from './proxy/answered-tokens.js';
export { findCaBundle } from './proxy/ca-bundle.js';
export { type CertificatePair, certificateFault, type IssueCertificate } from './proxy/own-certificates.js';
export { portHolder } from './proxy/port-holder.js';
export type { ProxyReport, RunProxyOptions } from './proxy/proxy-report.js';
export { type RunAnyProxyOptions, removeProxy, runProxy } from './proxy/run-proxy.js';
