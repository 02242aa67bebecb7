export { type FileLayer, nodeFiles } from './file-layer.js';
export { type ReadStateOptions, readState } from './read-state.js';
export { type WriteOptions, writeDurably } from './write-durably.js';
