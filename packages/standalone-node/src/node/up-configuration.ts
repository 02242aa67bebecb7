import type { KubeletConfiguration, KubeletFlags } from '@solo-kubelet/kubelet/config';
import { decodeConfiguration } from '@solo-kubelet/kubelet/config';
import { DEFAULT_PLUGIN_DIRECTORIES } from '@solo-kubelet/kubelet/networks';
import type { DataLayout } from './data-layout.js';

/** The kubelet's configuration on a node that `up` made: everything inside its directories, no port open, local users only. */
export const upConfiguration = (layout: DataLayout, endpoint: string, manifests: string): KubeletConfiguration =>
  configuration({
    containerRuntimeEndpoint: endpoint,
    staticPodPath: manifests,
    podLogsDir: layout.podLogs,
    cgroupRoot: layout.cgroupRoot,
    // Imported images cannot be pulled again, and containerd before 1.7 knows no pinned ones: a full disk must not take them.
    imageGCHighThresholdPercent: 100,
  });

/** The same for the runtime in memory: no cgroups, because nothing really runs. */
export const memoryConfiguration = (layout: Pick<DataLayout, 'podLogs'>, endpoint: string, manifests: string): KubeletConfiguration =>
  configuration({
    containerRuntimeEndpoint: endpoint,
    staticPodPath: manifests,
    podLogsDir: layout.podLogs,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: ['none'],
    // An address that Pods are told of, though nobody answers there: without one every Pod gets a warning.
    clusterDNS: ['10.96.0.10'],
  });

export const upFlags = (
  { kubeletRoot, apiSocket, networks, sources }: Pick<DataLayout, 'kubeletRoot' | 'apiSocket' | 'networks' | 'sources'>,
  {
    probePlugins = [],
    allowedDevices = [],
    kubeApi,
    serviceNetwork,
    dnsAddress,
    ingress,
  }: Partial<Pick<KubeletFlags, 'probePlugins' | 'allowedDevices' | 'kubeApi' | 'serviceNetwork' | 'dnsAddress' | 'ingress'>> = {},
): KubeletFlags => ({
  given: {},
  rootDirectory: kubeletRoot,
  certDirectory: `${kubeletRoot}/pki`,
  ageIdentityFile: `${kubeletRoot}/age-identity.txt`,
  hostnameOverride: undefined,
  nodeIps: [],
  nodeLabels: {},
  lockFile: undefined,
  exitOnLockContention: false,
  suppliesPodNetwork: false,
  runtimeCgroups: undefined,
  apiSocket,
  apiSocketGroupId: undefined,
  tokenAuthFile: undefined,
  kubeApi,
  serviceNetwork,
  dnsAddress,
  ingress,
  allowedDevices,
  devicePluginDirectory: `${kubeletRoot}/device-plugins`,
  networkDirectory: networks,
  sourceDirectory: sources,
  cniPluginDirectories: DEFAULT_PLUGIN_DIRECTORIES,
  probePlugins,
  serviceAccountIssuer: undefined,
  imageCredentialProviders: undefined,
});

const configuration = (fields: object): KubeletConfiguration =>
  decodeConfiguration({
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    enableServer: false,
    healthzPort: 0,
    failSwapOn: false,
    serializeImagePulls: false,
    ...fields,
  }).config;
