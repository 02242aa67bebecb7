export { DEFAULT_API_SOCKET, DEFAULT_DATA_DIRECTORY, runDirectoryOf } from './default-paths.js';
export { KUBERNETES_VERSION } from './kubernetes-version.js';
