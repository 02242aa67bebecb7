export {
  type ApiClient,
  type ApiClientOptions,
  type ApiRequest,
  apiPath,
  createApiClient,
  type PatchType,
  type WatchEvent,
} from './api-client.js';
export { type BootstrapOptions, bootstrapKubeconfig } from './bootstrap.js';
export { currentCertificatePath } from './certificate-files.js';
export type { CertificateKind, CertificateNames } from './certificate-life.js';
export { ClusterError, type ClusterErrorCode, type ClusterErrorOptions, isAlreadyThere, isNotFound } from './cluster-error.js';
export { type Credentials, type CredentialsOptions, createCredentials, type TlsMaterial } from './credentials.js';
export { type DiscoveredCluster, type DiscoverOptions, discoverCluster } from './discover-cluster.js';
export { type DrainOptions, type DrainPlan, drainNode, planDrain } from './drain-node.js';
export { type CertificateReport, type KeepCertificateOptions, keepCertificate } from './keep-certificate.js';
export { type ExecPlugin, type Kubeconfig, loadKubeconfig, parseKubeconfig, type TextOrFile } from './kubeconfig.js';
export { type ReflectEvent, type ReflectOptions, type ReflectSource, reflect, resourceAt, type Versioned } from './reflect.js';
export { type NodeCertificateOptions, requestNodeCertificate } from './request-certificate.js';
