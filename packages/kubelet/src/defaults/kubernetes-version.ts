/** The Kubernetes whose kubelet this one follows. */
export const KUBERNETES_VERSION = 'v1.36.0';
