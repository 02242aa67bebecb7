export { escapeDocument } from './document-text.js';
export { formatGoDuration, type GoDuration, parseGoDuration, readGoDuration } from './go-duration.js';
export { grpcDetails } from './grpc-details.js';
export { hasControls } from './has-controls.js';
export { humanDuration } from './human-duration.js';
export { metaTime } from './meta-time.js';
export { nearestName } from './nearest-name.js';
export { parseUrl } from './parse-url.js';
export { withoutControls } from './without-controls.js';
