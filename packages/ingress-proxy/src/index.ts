export { computeRouteTable, type RouteTableInput, type RouteTableResult } from './core/compute-route-table.js';
export { INGRESS_CONTROLLER } from './core/ingress-class.js';
export { type Match, matchRoute } from './core/match-route.js';
export type { AuthRequest, Backend, BackendEndpoint, Certificate, Route, RouteProblem, RouteTable } from './core/route-table.js';
export { type CertificatePair, certificateFault, type IssueCertificate } from './haproxy/own-certificates.js';
export { portHolder } from './haproxy/port-holder.js';
export { type HaproxyReport, type RunHaproxyOptions, removeHaproxy, runHaproxy } from './haproxy/run-haproxy.js';
