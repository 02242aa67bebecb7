export { markPreloaded } from '../image-pulls/mark-preloaded.js';
export { parseRuntimeFacts } from './runtime-facts.js';
export { afterRecovery, untilRecovered } from './runtime-recovery.js';
