export { createLogger } from './create-logger.js';
export { acquireFileLock } from './file-lock.js';
export { lockPath } from './root-lock.js';
