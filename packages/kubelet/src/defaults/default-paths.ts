import { join } from 'node:path';

/** Socket of the kubelet's local API. */
export const DEFAULT_API_SOCKET = '/run/solo-kubelet/kubelet.sock';

/** Where `up` keeps a node. */
export const DEFAULT_DATA_DIRECTORY = '/var/lib/solo-kubelet';

/** Where a node's sockets lie. */
export const runDirectoryOf = (dataDirectory: string): string =>
  dataDirectory === DEFAULT_DATA_DIRECTORY ? '/run/solo-kubelet' : join(dataDirectory, 'run');
