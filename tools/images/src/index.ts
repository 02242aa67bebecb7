export { buildImages, imageNames } from './build-images.js';
