import { encodeProtobuf } from '@solo-kubelet/api-protobuf';

/** An object in the envelope of `application/vnd.kubernetes.protobuf`; undefined for what has no message, as lists and figures of use. */
export const protobufObject = (value: unknown): Uint8Array | undefined =>
  encodeProtobuf((value ?? {}) as Readonly<Record<string, unknown>>);
