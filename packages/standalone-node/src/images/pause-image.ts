import type { ImageSpec } from './image-archive.js';
import { type Architecture, pauseProgram } from './pause-program.js';

/** The name under which our own sandbox image is known to the runtime. No registry holds it, so nothing is ever pulled. */
export const PAUSE_IMAGE = 'localhost/solo-kubelet/pause:1';

/** The sandbox image, made without a registry or compiler. */
export const pauseImage = (architecture: Architecture): ImageSpec => ({
  reference: PAUSE_IMAGE,
  architecture,
  config: { Entrypoint: ['/pause'], WorkingDir: '/' },
  layers: [[{ type: 'file', path: 'pause', mode: 0o755, content: pauseProgram(architecture) }]],
});
