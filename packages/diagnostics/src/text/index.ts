export { escapeDocument } from './document-text.js';
export { formatGoDuration, parseGoDuration } from './go-duration.js';
export { nearestName } from './nearest-name.js';
export { parseUrl } from './parse-url.js';
export { withoutControls } from './without-controls.js';
