export { parseRuntimeFacts } from './runtime-facts.js';
export { untilRecovered } from './runtime-recovery.js';
