import { connectionError } from './error-codes.js';
import { MAX_FRAME_BYTES, MAX_WINDOW_BYTES, readU32 } from './frame-types.js';

/** Identifiers of settings (RFC 9113, 6.5.2). */
export const SETTING = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4, maxFrameSize: 5, maxHeaderListSize: 6 } as const;

const SETTING_BYTES = 6;
const MOST_FRAME_BYTES = 2 ** 24 - 1;

/** What is wrong with the payload of a SETTINGS frame; undefined when nothing is. */
export const faultOfSettings = (payload: Uint8Array): string | undefined => {
  if (payload.length % SETTING_BYTES !== 0) return connectionError('FRAME_SIZE_ERROR');
  for (let at = 0; at < payload.length; at += SETTING_BYTES) {
    const id = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const value = readU32(payload, at + 2);
    if (id === SETTING.enablePush && value > 1) return connectionError('PROTOCOL_ERROR');
    if (id === SETTING.initialWindowSize && value > MAX_WINDOW_BYTES) return connectionError('FLOW_CONTROL_ERROR');
    if (id === SETTING.maxFrameSize && (value < MAX_FRAME_BYTES || value > MOST_FRAME_BYTES)) return connectionError('PROTOCOL_ERROR');
  }
  return undefined;
};
