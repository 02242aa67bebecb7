export { setProcessFlags } from '../process/process-flags.js';
export { DEFAULT_API_SOCKET } from './default-paths.js';
export { KUBERNETES_VERSION } from './kubernetes-version.js';
