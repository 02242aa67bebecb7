export { changedKeys, mapWith, mapWithout } from './versioned-map.js';
