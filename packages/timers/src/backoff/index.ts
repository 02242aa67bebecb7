export { backoffMs, type ExponentialBackoff, nextBackoffMs } from './backoff.js';
