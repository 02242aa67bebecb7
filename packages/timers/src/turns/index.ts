export { createKeyedLocks, type KeyedLocks, type LockMode } from './keyed-locks.js';
export { createKeyedQueue } from './keyed-queue.js';
export { createLimiter, type Limiter } from './limiter.js';
export { createTokenBucket, type TokenBucketOptions } from './token-bucket.js';
