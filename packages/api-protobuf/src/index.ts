export type { JsonObject } from './decode-message.js';
export { decodeProtobuf, type ExpectedType, encodeProtobuf, type ProtobufResult } from './envelope.js';
export { encodeWatchEvent } from './watch-event.js';
