export { classOf, firstDifference, isWords } from './compare.mjs';
export { createServer, playScript, readTokens } from './exchange.mjs';
export { createPool } from './mutate.mjs';
export { normalise } from './normalise.mjs';
export { askQuestion, QUESTIONS, readCorpus } from './questions.mjs';
export { createRandom } from './random.mjs';
export { objectOf, SAMPLES } from './samples.mjs';
