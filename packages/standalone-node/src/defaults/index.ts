export { DEFAULT_DATA_DIRECTORY, runDirectoryOf, usualEndpoint } from './default-paths.js';
