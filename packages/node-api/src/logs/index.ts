export type { LogFormat } from './line-formatter.js';
export { type ReadLogOptions, readContainerLog } from './read-container-log.js';
