export { type FileLayer, nodeFiles } from './file-layer.js';
export { type ReadStateOptions, readState } from './read-state.js';
export { removeDrafts, removeDurable, type WriteOptions, writeDurably } from './write-durably.js';
