import { type Http2ErrorName, http2ErrorName } from '../http2/error-codes.js';

/** Names of gRPC's codes as Go prints them, by number. */
const NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

export type RpcCodeName = (typeof NAMES)[number];

/** How a call ended; `code` is a number since servers may send any. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

const NUMBERS = new Map<string, number>(NAMES.map((name, code) => [name, code]));

export const rpcCode = (name: RpcCodeName): number => NUMBERS.get(name) ?? 2;

export const rpcStatus = (name: RpcCodeName, message: string): RpcStatus => ({ code: rpcCode(name), message });

export const showRpcCode = (code: number): string => NAMES[code] ?? `Code(${code})`;

/** As Go prints an error that is a status. */
export const showRpcStatus = ({ code, message }: RpcStatus): string => `rpc error: code = ${showRpcCode(code)} desc = ${message}`;

/** Of RST_STREAM (google.golang.org/grpc/internal/transport/http_util.go, http2ErrConvTab). */
export const codeOfReset = (code: number): RpcCodeName => {
  const name = http2ErrorName(code);
  return name === undefined ? 'Unknown' : (RESET_CODES[name] ?? 'Internal');
};
const RESET_CODES: Partial<Record<Http2ErrorName, RpcCodeName>> = {
  FLOW_CONTROL_ERROR: 'ResourceExhausted',
  REFUSED_STREAM: 'Unavailable',
  CANCEL: 'Canceled',
  ENHANCE_YOUR_CALM: 'ResourceExhausted',
  INADEQUATE_SECURITY: 'PermissionDenied',
};

/** Of an HTTP status of a server that does not speak gRPC (http_util.go, HTTPStatusConvTab). */
export const codeOfHttpStatus = (status: number): RpcCodeName => HTTP_CODES.get(status) ?? 'Unknown';
const HTTP_CODES = new Map<number, RpcCodeName>([
  [400, 'Internal'],
  [401, 'Unauthenticated'],
  [403, 'PermissionDenied'],
  [404, 'Unimplemented'],
  [429, 'Unavailable'],
  [502, 'Unavailable'],
  [503, 'Unavailable'],
  [504, 'Unavailable'],
]);
