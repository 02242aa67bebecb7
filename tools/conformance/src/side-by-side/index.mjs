export { createClient } from './client.mjs';
export { measureCrowd, measureRequests, median } from './measure.mjs';
export { prepare } from './objects.mjs';
export { startOurs, startPeer } from './servers.mjs';
