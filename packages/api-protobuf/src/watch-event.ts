import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { encodeProtobuf } from './envelope.js';

const LENGTH_BYTES = 4;

/**
 * One event of a watch as `application/vnd.kubernetes.protobuf;stream=watch` has it: the length in four bytes, the highest first, then type and object, the
 * latter in an envelope of its own. undefined for a kind that is not in the table.
 */
export const encodeWatchEvent = (type: string, object: Readonly<Record<string, unknown>>): Uint8Array | undefined => {
  const enveloped = encodeProtobuf(object);
  if (enveloped === undefined) return undefined;
  const raw = new BinaryWriter().tag(1, 2).bytes(enveloped).finish();
  const event = new BinaryWriter().tag(1, 2).string(type).tag(2, 2).bytes(raw).finish();
  const frame = new Uint8Array(LENGTH_BYTES + event.length);
  new DataView(frame.buffer).setUint32(0, event.length);
  frame.set(event, LENGTH_BYTES);
  return frame;
};
