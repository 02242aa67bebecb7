import { showHttp2Error } from '../http2/error-codes.js';
import { createStreamReader, NOT_SETTINGS, STREAM, type StreamEvent } from '../http2/stream-reader.js';
import { readServingStatus } from './health-messages.js';
import { createMessageReader } from './message-reader.js';
import { readResponseHeaders } from './response-headers.js';
import { codeOfReset, type RpcStatus, rpcStatus } from './rpc-status.js';

/** How a health check ended. */
export type CheckEnd =
  /** The server answered; `servingStatus` by number. */
  | { readonly type: 'answered'; readonly servingStatus: number }
  /** The call failed on a server that speaks HTTP/2. */
  | { readonly type: 'failed'; readonly status: RpcStatus }
  /** Nobody there speaks HTTP/2. */
  | { readonly type: 'notConnected'; readonly why: string };

export interface HealthCheck {
  /** Takes what the server sends, however it is cut. The bytes to be sent in return, unless the check has ended. */
  push(bytes: Uint8Array): readonly Uint8Array[];
  /** Takes it that nothing more comes; `why` is what the connection says, `EOF` when it was closed. */
  close(why: string): void;
  /** Whether the server speaks HTTP/2. */
  isReady(): boolean;
  /** Once it has ended; nothing that comes later changes it. */
  end(): CheckEnd | undefined;
}

/**
 * What a server's bytes come to, as an answer to one health check: what grpc-go makes of them, with its words. It has no clock and sends nothing by itself. Informational answers, settings and
 * pings are bounded as `createStreamReader` bounds frames.
 */
export const createHealthCheck = (): HealthCheck => {
  let ended: CheckEnd | undefined;
  let [isReady, hasHeaders] = [false, false];
  let encoding = '';
  let goAway: { readonly lastStream: number; readonly debug: string } | undefined;
  let servingStatus: number | undefined;
  const messages = createMessageReader(() => encoding);

  /** The first end counts. Whether to go on. */
  const end = (how: CheckEnd): false => {
    ended ??= how;
    return false;
  };
  const fail = (status: RpcStatus): false => end({ type: 'failed', status });
  const lost = (why: string): false => {
    if (!isReady) return end({ type: 'notConnected', why: why === NOT_SETTINGS ? why : `error reading server preface: ${why}` });
    const text = `error reading from server: ${why}`;
    if (goAway === undefined) return fail(rpcStatus('Unavailable', text));
    const cause = `connection error: desc = ${JSON.stringify(text)}`;
    return fail(rpcStatus('Unavailable', `closing transport due to: ${cause}, received prior goaway: ${goAway.debug}`));
  };

  const finish = (status: RpcStatus): false => {
    if (messages.isCut()) return fail(rpcStatus('Internal', 'unexpected EOF'));
    if (status.code !== 0) return fail(status);
    return servingStatus === undefined ? fail(rpcStatus('Internal', NO_MESSAGE)) : end({ type: 'answered', servingStatus });
  };

  const onHeaders = ({ fields, isEnd }: StreamEvent & { readonly type: 'headers' }): boolean => {
    if (hasHeaders && !isEnd) return fail(rpcStatus('Internal', 'a HEADERS frame cannot appear in the middle of a stream'));
    const read = readResponseHeaders(fields, { isFirst: !hasHeaders, isEnd });
    if (read.type === 'interim') return true;
    if (read.type === 'failed') return fail(read.status);
    if (isEnd) return finish(read.status);
    hasHeaders = true;
    encoding = read.encoding;
    return true;
  };

  const onData = ({ bytes, isEnd }: StreamEvent & { readonly type: 'data' }): boolean => {
    if (!hasHeaders) return fail(rpcStatus('Internal', 'protocol error: received DATA before a HEADERS frame'));
    const fault = messages.push(bytes);
    if (fault !== undefined) return fail(fault);
    const message = servingStatus === undefined ? messages.message() : undefined;
    if (message !== undefined) {
      servingStatus = readServingStatus(message);
      if (servingStatus === undefined) return fail(rpcStatus('Internal', NOT_A_MESSAGE));
    }
    return isEnd ? finish(rpcStatus('Internal', 'server closed the stream without sending trailers')) : true;
  };

  const onGoAway = ({ lastStream, code, debug }: StreamEvent & { readonly type: 'goAway' }): boolean => {
    if (lastStream > 0 && lastStream % 2 === 0) {
      return fail(rpcStatus('Unavailable', `received goaway with non-zero even-numbered stream id: ${lastStream}`));
    }
    const before = goAway?.lastStream;
    if (before !== undefined && lastStream > before) {
      const text = `received goaway with stream id: ${lastStream}, which exceeds stream id of previous goaway: ${before}`;
      return fail(rpcStatus('Unavailable', text));
    }
    const said = debug.length === 0 ? '' : `, debug data: ${JSON.stringify(new TextDecoder().decode(debug.subarray(0, MAX_DEBUG_BYTES)))}`;
    goAway = { lastStream, debug: `code: ${showHttp2Error(code)}${said}` };
    return lastStream >= STREAM || fail(rpcStatus('Unavailable', 'the connection is draining'));
  };

  const onEvent = (event: StreamEvent): boolean => {
    switch (event.type) {
      case 'ready':
        isReady = true;
        return true;
      case 'headers':
        return onHeaders(event);
      case 'tooManyHeaders':
        return fail(rpcStatus('Internal', 'peer header list size exceeded limit'));
      case 'data':
        return onData(event);
      case 'reset':
        return fail(rpcStatus(codeOfReset(event.code), `stream terminated by RST_STREAM with error code: ${showHttp2Error(event.code)}`));
      case 'goAway':
        return onGoAway(event);
      case 'broken':
        return lost(event.why);
    }
  };

  const stream = createStreamReader(onEvent);
  return {
    push: (bytes) => stream.push(bytes),
    close: (why) => {
      if (ended === undefined) lost(why);
    },
    isReady: () => isReady,
    end: () => ended,
  };
};

const NO_MESSAGE = 'cardinality violation: received no response message from non-server-streaming RPC';
const NOT_A_MESSAGE = 'grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data';
const MAX_DEBUG_BYTES = 1_024;
