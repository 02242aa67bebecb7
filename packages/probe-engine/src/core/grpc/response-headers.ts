import type { Field } from '../http2/hpack-decoder.js';
import { faultOfFields } from '../http2/response-fields.js';
import { decodeGrpcMessage } from './grpc-message.js';
import { httpStatusText } from './http-status-text.js';
import { codeOfHttpStatus, type RpcStatus, rpcCode, rpcStatus } from './rpc-status.js';

/** What a block of headers says. */
export type ReadHeaders =
  /** An answer of 1xx; another one follows. */
  | { readonly type: 'interim' }
  /** Those of an answer of gRPC. `status` is what they say about how the call ended: Unknown when nothing. */
  | { readonly type: 'grpc'; readonly encoding: string; readonly status: RpcStatus }
  /** They end the call. */
  | { readonly type: 'failed'; readonly status: RpcStatus };

/**
 * Reads headers (`isFirst`) or trailers of an answer as grpc-go does, with its words (google.golang.org/grpc/internal/transport/http2_client.go,
 * operateHeaders). `grpc-status-details-bin` is only held to be base64.
 */
export const readResponseHeaders = (fields: readonly Field[], { isFirst, isEnd }: { isFirst: boolean; isEnd: boolean }): ReadHeaders => {
  const fault = faultOfFields(fields);
  if (fault !== undefined) return failed(rpcStatus('Internal', fault));
  let isGrpc = !isFirst;
  let contentTypeFault = 'malformed header: missing HTTP content-type';
  let [encoding, message, httpStatus, headerFault] = ['', '', '', ''];
  let code = rpcCode('Unknown');
  for (const [name, value] of fields) {
    switch (name) {
      case 'content-type':
        if (CONTENT_TYPE.test(value)) {
          isGrpc = true;
          contentTypeFault = '';
        } else contentTypeFault = `transport: received unexpected content-type ${JSON.stringify(value)}`;
        break;
      case 'grpc-encoding':
        encoding = value;
        break;
      case 'grpc-status':
        if (!isInt32(value)) return failed(rpcStatus('Unknown', `transport: malformed grpc-status: ${parseFault('ParseInt', value)}`));
        code = Number(value) >>> 0;
        break;
      case 'grpc-message':
        message = decodeGrpcMessage(value);
        break;
      case ':status':
        httpStatus = value;
        break;
      default:
        if (name.endsWith('-bin') && !isBase64(value)) headerFault = `transport: malformed ${name}: illegal base64 data`;
    }
  }
  if (!isGrpc) return readOther(httpStatus, contentTypeFault, isEnd);
  if (headerFault !== '') return failed(rpcStatus('Internal', headerFault));
  return { type: 'grpc', encoding, status: { code, message } };
};

const failed = (status: RpcStatus): ReadHeaders => ({ type: 'failed', status });

/** `application/grpc`, alone or followed by `+` or `;`. */
const CONTENT_TYPE = /^application\/grpc(?:[+;]|$)/;

/** An answer of a server that does not speak gRPC. */
const readOther = (httpStatus: string, contentTypeFault: string, isEnd: boolean): ReadHeaders => {
  if (httpStatus === '') return failed(rpcStatus('Internal', join('malformed header: missing HTTP status', contentTypeFault)));
  if (!isInt32(httpStatus)) {
    return failed(rpcStatus('Internal', `transport: malformed http-status: ${parseFault('Atoi', httpStatus)}`));
  }
  const status = Number(httpStatus);
  if (status >= 100 && status < 200) {
    if (!isEnd) return { type: 'interim' };
    return failed(rpcStatus('Internal', `protocol error: informational header with status code ${status} must not have END_STREAM set`));
  }
  const text = `unexpected HTTP status code received from server: ${status} (${httpStatusText(status)})`;
  return failed(rpcStatus(codeOfHttpStatus(status), join(text, contentTypeFault)));
};

const join = (...faults: readonly string[]): string => faults.filter((fault) => fault !== '').join('; ');

/** As Go's strconv reads a whole number of 32 bits. */
const isInt32 = (text: string): boolean => /^[+-]?[0-9]+$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
const parseFault = (what: string, text: string): string =>
  `strconv.${what}: parsing ${JSON.stringify(text)}: ${/^[+-]?[0-9]+$/.test(text) ? 'value out of range' : 'invalid syntax'}`;

/** With its padding or without. */
const isBase64 = (text: string): boolean =>
  text.length % 4 === 0 ? /^[A-Za-z0-9+/]*={0,2}$/.test(text) : text.length % 4 !== 1 && /^[A-Za-z0-9+/]*$/.test(text);
