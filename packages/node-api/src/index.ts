export type { AuthorizationMode } from './auth/authorize.js';
export { createNodeApi, type NodeApi, type NodeApiOptions } from './create-node-api.js';
export { createKubeletMetrics } from './metrics/create-kubelet-metrics.js';
export type { KubeletMetrics, NodeCounts, ProbeObservation, RequestedResize, ResizeCounts, WorkingPod } from './metrics/kubelet-metrics.js';
export type { CpuManagerFigures, ResourceManagerMetrics } from './metrics/resource-manager-metrics.js';
export { NodeApiError, type NodeApiErrorCode } from './node-api-error.js';
export type { ComponentFacts, HealthCheck, NodeView, Watchable, WatchEvent } from './node-view.js';
export type { Listener } from './server/listeners.js';
export { type CertificatePair, type MakeCertificateOptions, makeCertificate } from './tls/make-certificate.js';
