export { DEFAULT_DATA_DIRECTORY, runDirectoryOf, USUAL_KUBELET_ROOTS, usualEndpoint } from './default-paths.js';
