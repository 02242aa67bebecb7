export { probePlugins } from './probe-plugins.js';
