import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** Where `up` keeps a node. */
export const DEFAULT_DATA_DIRECTORY = '/var/lib/solo-kubelet';

/** Where a kubelet's root directory usually is: of one that the system starts, and of `up`. */
export const USUAL_KUBELET_ROOTS = ['/var/lib/kubelet', join(DEFAULT_DATA_DIRECTORY, 'kubelet')] as const;

/** Where a node's sockets lie. */
export const runDirectoryOf = (dataDirectory: string): string =>
  dataDirectory === DEFAULT_DATA_DIRECTORY ? '/run/solo-kubelet' : join(dataDirectory, 'run');

/** Where a runtime usually listens: that of a node that `up` made first, then the system's own. */
const RUNTIME_SOCKETS = [
  `${runDirectoryOf(DEFAULT_DATA_DIRECTORY)}/containerd.sock`,
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
];

/** The socket of a container runtime in the usual places. */
export const usualEndpoint = async (): Promise<string> => {
  for (const path of RUNTIME_SOCKETS) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return `unix://${path}`;
  }
  return 'unix:///run/containerd/containerd.sock';
};
