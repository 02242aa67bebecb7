import { status } from '@grpc/grpc-js';
import type { ExecSyncResponse } from '@solo-kubelet/cri-types';
import { createExcerpt, type Excerpt, type OutputKept } from './excerpt.js';

/** Why an answer is none, as gRPC's own codes. */
export interface GrpcFault {
  readonly code: number;
  readonly details: string;
}

export interface ExecSyncReader {
  /** Takes the next bytes of the answer in; says why they are none, if so. */
  read(chunk: Uint8Array): GrpcFault | undefined;
  /** The reply once it is whole. */
  reply(): ExecSyncResponse | undefined;
}

/** Compression flag and length (gRPC over HTTP/2, Length-Prefixed-Message). */
const PREFIX_BYTES = 5;
const STDOUT = 1;
const STDERR = 2;
const EXIT_CODE = 3;
/** A varint has seven bits of 64 in each byte. */
const MAX_VARINT_BYTES = 10;
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

const malformed = (what: string): GrpcFault => ({ code: status.INTERNAL, details: `Response message parsing error: ${what}` });

/** Reads the answer to ExecSync as it comes, byte for byte where it must, and keeps no more of the output than is asked for. */
export const createExecSyncReader = (kept: OutputKept, maxMessageBytes: number): ExecSyncReader => {
  const prefix: number[] = [];
  /** Of the message, once its length is known. */
  let remaining = -1;
  let fault: GrpcFault | undefined;
  let output: { stdout: Excerpt; stderr: Excerpt } = { stdout: createExcerpt(kept), stderr: createExcerpt(kept) };
  let exitCode = 0;

  let reading: 'tag' | 'length' | 'number' | 'bytes' = 'tag';
  let field = 0;
  let varint = 0n;
  let varintBytes = 0;
  /** Bytes of a field that are still to come, and who wants them. */
  let fieldBytes = 0;
  let taker: Excerpt | undefined;

  const begin = (next: typeof reading): void => {
    reading = next;
    varint = 0n;
    varintBytes = 0;
  };
  const beginBytes = (count: number): GrpcFault | undefined => {
    if (count > remaining) return malformed('index out of range');
    fieldBytes = count;
    begin(count === 0 ? 'tag' : 'bytes');
    return undefined;
  };
  const tag = (value: number): GrpcFault | undefined => {
    const type = value & 7;
    field = value >>> 3;
    taker = undefined;
    if (field === 0) return malformed('illegal tag: field no 0');
    if (type === VARINT) begin('number');
    else if (type === LENGTH) begin('length');
    else if (type === FIXED64 || type === FIXED32) return beginBytes(type === FIXED64 ? 8 : 4);
    else return malformed(`cant skip wire type ${type}`);
    return undefined;
  };
  const length = (count: number): GrpcFault | undefined => {
    // As of every field that is no list, the last one counts.
    const name = field === STDOUT ? 'stdout' : field === STDERR ? 'stderr' : undefined;
    if (name !== undefined) {
      taker = createExcerpt(kept);
      output = { ...output, [name]: taker };
    }
    return beginBytes(count);
  };
  const whole = (): GrpcFault | undefined => {
    const value = BigInt.asUintN(64, varint);
    switch (reading) {
      case 'tag':
        return tag(Number(BigInt.asUintN(32, value)));
      case 'length':
        return value > BigInt(maxMessageBytes) ? malformed('index out of range') : length(Number(value));
      default:
        if (field === EXIT_CODE) exitCode = Number(BigInt.asIntN(32, value));
        begin('tag');
        return undefined;
    }
  };
  const readByte = (byte: number): GrpcFault | undefined => {
    remaining -= 1;
    varint |= BigInt(byte & 0x7f) << BigInt(7 * varintBytes);
    varintBytes += 1;
    if (byte < 0x80) return whole();
    return varintBytes === MAX_VARINT_BYTES ? malformed('invalid varint encoding') : undefined;
  };
  const readPrefix = (byte: number): GrpcFault | undefined => {
    prefix.push(byte);
    if (prefix.length < PREFIX_BYTES) return undefined;
    if (prefix[0] !== 0) return { code: status.INTERNAL, details: 'Received compressed message without asking for it' };
    remaining = Buffer.from(prefix).readUInt32BE(1);
    return remaining > maxMessageBytes
      ? { code: status.RESOURCE_EXHAUSTED, details: `Received message larger than max (${remaining} vs ${maxMessageBytes})` }
      : undefined;
  };

  return {
    read: (chunk) => {
      for (let at = 0; at < chunk.length && fault === undefined; ) {
        if (remaining === 0) fault = { code: status.INTERNAL, details: 'Too many responses received' };
        else if (remaining > 0 && reading === 'bytes') {
          const bytes = chunk.subarray(at, at + fieldBytes);
          taker?.add(bytes);
          at += bytes.length;
          remaining -= bytes.length;
          fieldBytes -= bytes.length;
          if (fieldBytes === 0) begin('tag');
        } else {
          const byte = chunk[at] ?? 0;
          at += 1;
          fault = remaining < 0 ? readPrefix(byte) : readByte(byte);
        }
      }
      const isCut = remaining === 0 && (reading !== 'tag' || varintBytes > 0);
      if (fault === undefined && isCut) fault = malformed('premature EOF');
      return fault;
    },
    reply: () =>
      fault === undefined && remaining === 0 ? { stdout: output.stdout.kept(), stderr: output.stderr.kept(), exitCode } : undefined,
  };
};
