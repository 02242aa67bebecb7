export type { LogFormat } from './line-formatter.js';
export { newestFirst } from './newest-first.js';
export type { LogSelection } from './raw-log.js';
export { type ReadContainerLogOptions, readContainerLog } from './read-container-log.js';
export { followLog, isContainerRunning, type LogRecord, type ReadLogOptions, readLog } from './read-log.js';
