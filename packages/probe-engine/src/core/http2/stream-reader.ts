import { encodeFrame } from './encode-frames.js';
import { connectionError, type Http2ErrorName } from './error-codes.js';
import { createFrameReader } from './frame-reader.js';
import { FLAG, FRAME, INITIAL_WINDOW_BYTES, readU31, readU32 } from './frame-types.js';
import { createHeaderBlock } from './header-block.js';
import type { Field } from './hpack-decoder.js';
import { faultOfSettings } from './settings.js';

/** What a peer says on the one stream of a connection, and about the connection. */
export type StreamEvent =
  /** Its first frame, the settings: it speaks HTTP/2. */
  | { readonly type: 'ready' }
  | { readonly type: 'headers'; readonly fields: readonly Field[]; readonly isEnd: boolean }
  /** Headers that are not taken, and why, while the connection itself is sound. */
  | { readonly type: 'tooManyHeaders' }
  /** The bytes are its own only until the callback returns. */
  | { readonly type: 'data'; readonly bytes: Uint8Array; readonly isEnd: boolean }
  | { readonly type: 'reset'; readonly code: number }
  | { readonly type: 'goAway'; readonly lastStream: number; readonly code: number; readonly debug: Uint8Array }
  /** The connection is of no use any more. The last event. */
  | { readonly type: 'broken'; readonly why: string };

/** Takes an event; whether the next one is wanted. */
export type OnStreamEvent = (event: StreamEvent) => boolean;

export interface StreamReader {
  /** Tells of what these bytes complete; the bytes to answer with, acknowledgements, if any. */
  push(bytes: Uint8Array): readonly Uint8Array[];
}

/** The stream that a client opens first. */
export const STREAM = 1;
/** Most bytes that a peer may send on the connection. */
export const MAX_BYTES = 512 * 1_024;
/** Most frames: empty ones cost nothing to send. */
export const MAX_FRAMES = 512;
/** Most bytes of the fields of one block of headers; what is announced as SETTINGS_MAX_HEADER_LIST_SIZE. */
export const MAX_HEADER_LIST_BYTES = 65_536;

const SETTINGS_ACK = encodeFrame(FRAME.settings, FLAG.ack, 0);

/**
 * Reads what a server sends to a client that has one stream, its first, and gives it no more window than it has from the start (RFC 9113). Everything is
 * bounded: 512 KiB and 512 frames in all, 64 KiB of data and of each block of headers.
 */
export const createStreamReader = (onEvent: OnStreamEvent): StreamReader => {
  let replies: Uint8Array[] = [];
  let [received, frames, data] = [0, 0, 0];
  let [isReady, isOver] = [false, false];
  const headerBlock = createHeaderBlock(MAX_HEADER_LIST_BYTES);

  const tell = (event: StreamEvent): boolean => {
    isOver = !onEvent(event) || event.type === 'broken';
    return !isOver;
  };
  const broken = (why: string): boolean => tell({ type: 'broken', why });
  const fault = (name: Http2ErrorName): boolean => broken(connectionError(name));

  const onHeaders = (flags: number, stream: number, payload: Uint8Array): boolean => {
    if (stream !== STREAM) return fault('PROTOCOL_ERROR');
    const padded = withoutPadding(flags, payload);
    const skipped = (flags & FLAG.priority) === 0 ? 0 : PRIORITY_BYTES;
    if (padded === undefined || padded.length < skipped) return fault('PROTOCOL_ERROR');
    return onFragment(headerBlock.begin(padded.subarray(skipped), flags));
  };
  const onFragment = (outcome: ReturnType<typeof headerBlock.begin>): boolean => {
    switch (outcome.type) {
      case 'more':
        return true;
      case 'broken':
        return fault(outcome.error);
      default:
        return tell(outcome);
    }
  };

  const onData = (flags: number, stream: number, payload: Uint8Array): boolean => {
    if (stream !== STREAM) return fault('PROTOCOL_ERROR');
    const bytes = withoutPadding(flags, payload);
    if (bytes === undefined) return fault('PROTOCOL_ERROR');
    // The window is of what was sent, padding and all.
    data += payload.length;
    if (data > INITIAL_WINDOW_BYTES) return fault('FLOW_CONTROL_ERROR');
    return tell({ type: 'data', bytes, isEnd: (flags & FLAG.endStream) !== 0 });
  };

  const onSettings = (flags: number, stream: number, payload: Uint8Array): boolean => {
    if (stream !== 0) return fault('PROTOCOL_ERROR');
    if ((flags & FLAG.ack) !== 0) return payload.length === 0 || fault('FRAME_SIZE_ERROR');
    const why = faultOfSettings(payload);
    if (why !== undefined) return broken(why);
    replies.push(SETTINGS_ACK);
    if (isReady) return true;
    isReady = true;
    return tell({ type: 'ready' });
  };

  const onPing = (flags: number, stream: number, payload: Uint8Array): boolean => {
    if (stream !== 0) return fault('PROTOCOL_ERROR');
    if (payload.length !== 8) return fault('FRAME_SIZE_ERROR');
    if ((flags & FLAG.ack) === 0) replies.push(encodeFrame(FRAME.ping, FLAG.ack, 0, payload));
    return true;
  };

  /** Nothing is left to be sent that would need it. */
  const onWindowUpdate = (stream: number, payload: Uint8Array): boolean => {
    if (payload.length !== 4) return fault('FRAME_SIZE_ERROR');
    return (stream <= STREAM && readU31(payload, 0) > 0) || fault('PROTOCOL_ERROR');
  };

  const onFrame = (type: number, flags: number, stream: number, payload: Uint8Array): boolean => {
    frames += 1;
    if (frames > MAX_FRAMES) return broken(`more than ${MAX_FRAMES} frames for one answer`);
    if (!isReady && (type !== FRAME.settings || (flags & FLAG.ack) !== 0)) return broken(NOT_SETTINGS);
    if (type === FRAME.continuation)
      return stream === STREAM && headerBlock.isOpen() ? onFragment(headerBlock.go(payload, flags)) : fault('PROTOCOL_ERROR');
    if (headerBlock.isOpen()) return fault('PROTOCOL_ERROR');
    switch (type) {
      case FRAME.data:
        return onData(flags, stream, payload);
      case FRAME.headers:
        return onHeaders(flags, stream, payload);
      case FRAME.priority:
        return payload.length === PRIORITY_BYTES || fault('FRAME_SIZE_ERROR');
      case FRAME.rstStream:
        if (payload.length !== 4) return fault('FRAME_SIZE_ERROR');
        return stream === STREAM ? tell({ type: 'reset', code: readU32(payload, 0) }) : fault('PROTOCOL_ERROR');
      case FRAME.settings:
        return onSettings(flags, stream, payload);
      case FRAME.ping:
        return onPing(flags, stream, payload);
      case FRAME.goAway:
        if (stream !== 0) return fault('PROTOCOL_ERROR');
        if (payload.length < 8) return fault('FRAME_SIZE_ERROR');
        return tell({ type: 'goAway', lastStream: readU31(payload, 0), code: readU32(payload, 4), debug: payload.subarray(8) });
      case FRAME.windowUpdate:
        return onWindowUpdate(stream, payload);
      case FRAME.pushPromise:
        // It was told that it may not.
        return fault('PROTOCOL_ERROR');
      default:
        return true;
    }
  };

  const reader = createFrameReader(onFrame);
  return {
    push: (bytes) => {
      replies = [];
      if (isOver) return replies;
      const allowed = Math.min(bytes.length, MAX_BYTES - received);
      received += allowed;
      const why = reader.push(bytes.subarray(0, allowed));
      if (!isOver && why !== undefined) broken(why);
      if (!isOver && allowed < bytes.length) broken(`more than ${MAX_BYTES} bytes for one answer`);
      return replies;
    },
  };
};

const PRIORITY_BYTES = 5;
/** Why a connection is broken on which somebody begins with another frame. */
export const NOT_SETTINGS = 'initial http2 frame from server is not a settings frame';

/** Undefined when there is more padding than payload. */
const withoutPadding = (flags: number, payload: Uint8Array): Uint8Array | undefined => {
  if ((flags & FLAG.padded) === 0) return payload;
  const end = payload.length - (payload[0] ?? 0);
  return end < 1 ? undefined : payload.subarray(1, end);
};
