import { badRequest } from '../status/api-error.js';
import { type DecodedObject, decodeBody, type ExpectedKind } from './decode-object.js';

const MAGIC = [0x6b, 0x38, 0x73, 0x00];

/** The fields of a message: number and bytes; numbers are passed over. */
const fieldsOf = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined => {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  const varint = (): number | undefined => {
    let [value, factor] = [0, 1];
    for (let i = 0; i < 10; i++) {
      if (at >= bytes.length) return undefined;
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const wire = tag & 7;
    if (wire === 0) {
      if (varint() === undefined) return undefined;
      continue;
    }
    if (wire !== 2) return undefined;
    const length = varint();
    if (length === undefined || at + length > bytes.length) return undefined;
    fields.set(tag >>> 3, bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
};

const text = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : Buffer.from(bytes).toString('utf8'));

/**
 * Reads the envelope of `application/vnd.kubernetes.protobuf`. Of the content only the name and the labels' like are not read: messages of kinds are
 * not known here, so that an envelope with fields of its kind is refused. @throws ApiError 400
 */
export const decodeProtobuf = (bytes: Uint8Array, expected: ExpectedKind): DecodedObject => {
  const unrecognized = (message: string): never => {
    const shown = Buffer.from(bytes.subarray(0, 30)).toString('hex');
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): ${message} (${bytes.length > 30 ? `${shown} ...` : shown || '<empty>'})`,
    );
  };
  if (bytes.length === 0) return unrecognized('empty data');
  if (bytes.length < 4 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    return unrecognized('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const envelope = fieldsOf(bytes.subarray(4));
  if (envelope === undefined) return unrecognized('unexpected EOF');
  const type = fieldsOf(envelope.get(1) ?? new Uint8Array());
  if (type === undefined) return unrecognized('unexpected EOF');
  const content = envelope.get(2) ?? new Uint8Array();
  if (text(envelope.get(4)).startsWith('application/json')) return decodeBody(content, 'json', expected);
  const message = fieldsOf(content);
  if (message === undefined) return unrecognized('unexpected EOF');
  const metadata = fieldsOf(message.get(1) ?? new Uint8Array());
  if (metadata === undefined) return unrecognized('unexpected EOF');
  const meta = Object.fromEntries(
    [
      ['name', 1],
      ['generateName', 2],
      ['namespace', 3],
    ].flatMap(([name, number]) => {
      const value = text(metadata.get(number as number));
      return value === '' ? [] : [[name as string, value]];
    }),
  );
  const object = { apiVersion: text(type.get(1)), kind: text(type.get(2)), metadata: meta };
  const known = [...message.keys()].every((number) => number === 1);
  if (!known) return unrecognized('fields of protobuf messages are not read here; send JSON');
  return decodeBody(new TextEncoder().encode(JSON.stringify(object)), 'json', expected);
};
