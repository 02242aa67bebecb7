export type { AuthorizationMode } from './auth/authorize.js';
export type { NodeCgroups } from './cgroups/node-cgroups.js';
export { createNodeApi, type NodeApi, type NodeApiOptions } from './create-node-api.js';
export { containerLogUsage } from './metrics/container-log-usage.js';
export {
  createKubeletMetrics,
  type KubeletMetrics,
  type NodeCounts,
  type ProbeObservation,
  type WorkingPod,
} from './metrics/kubelet-metrics.js';
export type { CpuManagerFigures, ResourceManagerMetrics } from './metrics/resource-manager-metrics.js';
export { NodeApiError, type NodeApiErrorCode } from './node-api-error.js';
export type { ComponentFacts, HealthCheck, NodeView, Watchable, WatchEvent } from './node-view.js';
export type { Listener } from './server/listeners.js';
export { type DiskUsage, diskUsage } from './stats/disk-usage.js';
export { listStats, type SandboxFigures } from './stats/list-stats.js';
export type { Summary } from './stats/summary.js';
export { type CertificatePair, type MakeCertificateOptions, makeCertificate } from './tls/make-certificate.js';
