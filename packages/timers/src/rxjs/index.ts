export { fromAbortable, fromEmitting } from './from-abortable.js';
export { longDelays } from './long-delays.js';
export { atMost, delay } from './time-limit.js';
