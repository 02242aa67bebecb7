export type { LogFormat } from './line-formatter.js';
export { newestFirst } from './newest-first.js';
export { type ReadLogOptions, readContainerLog } from './read-container-log.js';
