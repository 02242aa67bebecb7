/** Socket of the kubelet's local API. */
export const DEFAULT_API_SOCKET = '/run/solo-kubelet/kubelet.sock';

/** Directory of the files that describe verified sources. */
export const DEFAULT_SOURCE_DIRECTORY = '/etc/kubernetes/sources.d';
export const DEFAULT_NODE_VALUES_FILE = '/etc/kubernetes/node-values.yaml';
