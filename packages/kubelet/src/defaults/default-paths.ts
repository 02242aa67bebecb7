/** Socket of the kubelet's local API. */
export const DEFAULT_API_SOCKET = '/run/solo-kubelet/kubelet.sock';
