/** Names of HTTP/2's error codes (RFC 9113, section 7). */
const NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export type Http2ErrorName = (typeof NAMES)[number];

/** The name of a code, or none of those that nobody defined. */
export const http2ErrorName = (code: number): Http2ErrorName | undefined => NAMES[code];

/** As Go prints it. */
export const showHttp2Error = (code: number): string => http2ErrorName(code) ?? `unknown error code 0x${code.toString(16)}`;

/** What is wrong with a connection as a whole, as Go prints it. */
export const connectionError = (name: Http2ErrorName): string => `connection error: ${name}`;
