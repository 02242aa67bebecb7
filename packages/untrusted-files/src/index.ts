export { type DiskUsage, diskUsage } from './disk-usage.js';
export { irregularKind, type OpenRegularOptions, openRegular } from './open-regular.js';
export { type OwnProcessesOptions, ownProcesses } from './own-processes.js';
export { type ReadRegularOptions, readRegular, readRegularTail } from './read-regular.js';
export { removeTree } from './remove-tree.js';
