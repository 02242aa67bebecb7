export {
  createExtraNetworks,
  type ExtraNetworkHealth,
  type ExtraNetworks,
  type ExtraNetworksGcReport,
  type ExtraNetworksOptions,
  type ExtraNetworksSandbox,
} from './create-extra-networks.js';
export { type DefaultRouteRequest, type SetDefaultRoute, setDefaultRouteWithIp } from './default-route.js';
export {
  type NetworkDirectory,
  type NetworkDirectoryOptions,
  type OfferedNetwork,
  type ParseYaml,
  readNetworkDirectory,
  selectNetwork,
} from './network-directory.js';
export { deriveNetworkStatus, formatNetworkStatus, NETWORK_STATUS_ANNOTATION, type NetworkStatus } from './network-status.js';
export { NETWORKS_ANNOTATION, type NetworkSelection, parseNetworksAnnotation } from './networks-annotation.js';
export type { PodIdentity } from './selection-args.js';
export { type CreateStandIn, createStandInWithIp, type StandInNamespace, type StandInRequest } from './stand-in-namespace.js';
