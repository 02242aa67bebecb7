import { join } from 'node:path';
import { type ContainerdLayout, containerdLayout } from '../containerd/layout.js';
import type { SweepTarget } from '../containerd/sweep.js';

/** Where `up` keeps a node: everything under one directory, and sockets under a short one. */
export interface DataLayout {
  readonly dataDirectory: string;
  readonly containerd: ContainerdLayout;
  readonly kubeletRoot: string;
  /** Socket of the kubelet's local API. */
  readonly apiSocket: string;
  readonly podLogs: string;
  /** Image archives put here are imported at every start. */
  readonly images: string;
  readonly manifests: string;
  /** Networks that pods may ask for besides the runtime's own. */
  readonly networks: string;
  /** Files that describe verified sources. */
  readonly sources: string;
  readonly subnetFile: string;
  readonly cgroupRoot: string;
}

export const dataLayout = (dataDirectory: string, runDirectory: string): DataLayout => {
  const containerd = containerdLayout(join(dataDirectory, 'node'), runDirectory);
  return {
    dataDirectory,
    containerd,
    kubeletRoot: join(dataDirectory, 'kubelet'),
    apiSocket: join(runDirectory, 'kubelet.sock'),
    podLogs: join(dataDirectory, 'pod-logs'),
    images: join(dataDirectory, 'images'),
    manifests: join(dataDirectory, 'manifests'),
    networks: join(dataDirectory, 'networks'),
    sources: join(dataDirectory, 'sources.d'),
    subnetFile: join(dataDirectory, 'subnet'),
    cgroupRoot: `/${containerd.networkName}`,
  };
};

/** What goes when a node is removed. Its manifests and image archives stay unless the whole directory goes. */
export const sweepTarget = (
  { containerd, kubeletRoot, podLogs, cgroupRoot, dataDirectory }: DataLayout,
  everything: boolean,
): SweepTarget => ({
  layout: containerd,
  cgroupRoot,
  directories: everything ? [kubeletRoot, podLogs, dataDirectory] : [kubeletRoot, podLogs],
});
