export { fromStream } from './from-stream.js';
