export { type ImageConfig, type ImageSpec, imageArchive, localArchitecture, writeImageArchive } from './image-archive.js';
export { type LayerEntry, writeLayer } from './image-layer.js';
export { PAUSE_IMAGE, pauseImage } from './pause-image.js';
export { type Architecture, pauseProgram } from './pause-program.js';
