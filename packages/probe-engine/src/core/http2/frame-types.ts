/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const FRAME_HEAD_BYTES = 9;
/** The largest frame that a peer may send who was told nothing else (SETTINGS_MAX_FRAME_SIZE). */
export const MAX_FRAME_BYTES = 16_384;
/** What a peer may send before it is given more (SETTINGS_INITIAL_WINDOW_SIZE). */
export const INITIAL_WINDOW_BYTES = 65_535;
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;

export const readU32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 0x100_0000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

/** Of numbers that have one bit beside them, which says something else. */
export const readU31 = (bytes: Uint8Array, at: number): number => readU32(bytes, at) % 2 ** 31;
