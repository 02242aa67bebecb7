export { changedKeys, firstEntry, mapWith, mapWithout } from './versioned-map.js';
