export { type ConflateOptions, conflateMap } from './conflate-map.js';
export { fromAbortable, fromEmitting } from './from-abortable.js';
export { longDelays } from './long-delays.js';
export { steadyNow, steadyScheduler } from './steady-scheduler.js';
export { atMost, delay } from './time-limit.js';
