export { probeTarget } from './probe-target.js';
