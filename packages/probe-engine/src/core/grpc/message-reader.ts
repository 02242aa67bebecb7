import { type RpcStatus, rpcStatus } from './rpc-status.js';

/** Most bytes of a message: with its head it is as much as a server may send without being given more window. */
export const MAX_MESSAGE_BYTES = 65_530;
const HEAD_BYTES = 5;

export interface MessageReader {
  /** Takes bytes of DATA frames, however they are cut; what is wrong with them, if anything is. Not to be called again after that. */
  push(bytes: Uint8Array): RpcStatus | undefined;
  /** The one message, once it is complete. */
  message(): Uint8Array | undefined;
  /** Whether the bytes end within a message. */
  isCut(): boolean;
}

/**
 * Reads the only message of an answer, as grpc-go does, with its words (google.golang.org/grpc/rpc_util.go, stream.go). Nothing compressed is taken:
 * servers are not told that they may. `encoding` is what their headers said.
 */
export const createMessageReader = (encoding: () => string): MessageReader => {
  let [flag, length, headFilled, filled] = [0, 0, 0, 0];
  let message: Uint8Array | undefined;
  const isComplete = (): boolean => message !== undefined && filled === message.length;

  return {
    push: (bytes) => {
      let at = 0;
      while (at < bytes.length) {
        if (isComplete()) return rpcStatus('Internal', SECOND_MESSAGE);
        if (message === undefined) {
          const byte = bytes[at++] ?? 0;
          if (headFilled === 0) flag = byte;
          else length = length * 256 + byte;
          headFilled += 1;
          if (headFilled < HEAD_BYTES) continue;
          const fault = faultOfHead(flag, length, encoding());
          if (fault !== undefined) return fault;
          message = new Uint8Array(length);
        } else {
          const part = bytes.subarray(at, at + message.length - filled);
          message.set(part, filled);
          filled += part.length;
          at += part.length;
        }
      }
      return undefined;
    },
    message: () => (isComplete() ? message : undefined),
    isCut: () => headFilled > 0 && !isComplete(),
  };
};

export const SECOND_MESSAGE = 'cardinality violation: expected <EOF> for non server-streaming RPCs, but received another message';

const faultOfHead = (flag: number, length: number, encoding: string): RpcStatus | undefined => {
  if (length > MAX_MESSAGE_BYTES)
    return rpcStatus('ResourceExhausted', `grpc: received message larger than max (${length} vs. ${MAX_MESSAGE_BYTES})`);
  if (flag === 0) return undefined;
  if (flag !== 1) return rpcStatus('Internal', `grpc: received unexpected payload format ${flag}`);
  return encoding === '' || encoding === 'identity'
    ? rpcStatus('Internal', 'grpc: compressed flag set with identity or empty encoding')
    : rpcStatus('Internal', `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`);
};
