import { encodeProtobuf, encodeWatchEvent } from '@solo-kubelet/api-protobuf';

type Fields = Readonly<Record<string, unknown>>;

/** An object or a list in the envelope of `application/vnd.kubernetes.protobuf`; undefined for what has no message, as Tables and figures of use. */
export const protobufObject = (value: unknown): Uint8Array | undefined => encodeProtobuf((value ?? {}) as Fields);

/** An event of a watch likewise, with its length before it. */
export const protobufEvent = (type: string, object: object): Uint8Array | undefined => encodeWatchEvent(type, object as Fields);
