export { classOf, firstDifference, isWords, printsStructure } from './compare.mjs';
export { createServer, playScript, readTokens } from './exchange.mjs';
export { learnedPool } from './learned-pool.mjs';
export { normalise } from './normalise.mjs';
export { askQuestion, QUESTIONS, readCorpus, withoutStrayDirectives } from './questions/index.mjs';
export { createRandom } from './random.mjs';
export { objectOf, SAMPLES } from './samples/index.mjs';
