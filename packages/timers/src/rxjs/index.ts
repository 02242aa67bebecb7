export { longDelays } from './long-delays.js';
