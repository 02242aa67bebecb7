export { provideSandboxImage, type SandboxImage, supplySandboxImage } from './supply-sandbox-image.js';
