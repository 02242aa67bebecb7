import { KUBERNETES_VERSION } from '../defaults/kubernetes-version.js';

/** How the kubelet names itself to an API server. */
export const USER_AGENT = `kubelet/${KUBERNETES_VERSION} (linux/${process.arch === 'x64' ? 'amd64' : process.arch})`;
