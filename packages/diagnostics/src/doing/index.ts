export { type Doing, doing, whileDoing } from './doing.js';
