import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { decodeMessage, type JsonObject } from './decode-message.js';
import { encodeMessage } from './encode-message.js';
import { messageOfKind } from './messages.js';

/** What every object in `application/vnd.kubernetes.protobuf` begins with: `k8s` and a zero byte. */
const MAGIC = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);

export type ProtobufResult =
  | { readonly ok: true; readonly object: JsonObject }
  /** `noMagic`: no protobuf of Kubernetes at all. `malformed`: cut off or damaged. `unknownKind`: a kind that is not in the table. */
  | { readonly ok: false; readonly problem: 'noMagic' | 'malformed' | 'unknownKind'; readonly message: string };

export interface ExpectedType {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Reads an object, as JSON has it: bytes as base64, times as RFC 3339, zero values left out where JSON leaves them out. The type is that of the
 * envelope; `expected` fills in what it leaves open.
 */
export const decodeProtobuf = (bytes: Uint8Array, expected: ExpectedType = { apiVersion: '', kind: '' }): ProtobufResult => {
  if (bytes.length < MAGIC.length || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    return {
      ok: false,
      problem: 'noMagic',
      message: 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    };
  }
  try {
    const envelope = readEnvelope(bytes.subarray(MAGIC.length));
    const apiVersion = envelope.apiVersion || expected.apiVersion;
    const kind = envelope.kind || expected.kind;
    if (envelope.contentType.startsWith('application/json')) return decodeJson(envelope.raw, { apiVersion, kind });
    const message = messageOfKind(apiVersion, kind);
    if (message === undefined)
      return {
        ok: false,
        problem: 'unknownKind',
        message: `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
      };
    return { ok: true, object: { apiVersion, kind, ...decodeMessage(message, envelope.raw) } };
  } catch (error) {
    return { ok: false, problem: 'malformed', message: error instanceof Error ? error.message : String(error) };
  }
};

const decodeJson = (raw: Uint8Array, type: ExpectedType): ProtobufResult => {
  const value = JSON.parse(new TextDecoder().decode(raw)) as unknown;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'malformed', message: 'the content is no object' };
  return { ok: true, object: { ...type, ...value } };
};

/** An object in its envelope; undefined for a kind that is not in the table. */
export const encodeProtobuf = (object: Readonly<Record<string, unknown>>): Uint8Array | undefined => {
  const { apiVersion = '', kind } = object;
  const message = typeof apiVersion === 'string' && typeof kind === 'string' ? messageOfKind(apiVersion, kind) : undefined;
  if (message === undefined) return undefined;
  const type = new BinaryWriter()
    .tag(1, 2)
    .string(apiVersion as string)
    .tag(2, 2)
    .string(kind as string)
    .finish();
  const unknown = new BinaryWriter().tag(1, 2).bytes(type).tag(2, 2).bytes(encodeMessage(message, object));
  return Uint8Array.from([...MAGIC, ...unknown.tag(3, 2).string('').tag(4, 2).string('').finish()]);
};

interface Envelope extends ExpectedType {
  readonly raw: Uint8Array;
  readonly contentType: string;
}

const readEnvelope = (bytes: Uint8Array): Envelope => {
  const fields = lengthDelimited(bytes);
  const type = lengthDelimited(fields.get(1) ?? new Uint8Array());
  const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);
  return {
    apiVersion: text(type.get(1)),
    kind: text(type.get(2)),
    raw: fields.get(2) ?? new Uint8Array(),
    contentType: text(fields.get(4)),
  };
};

const lengthDelimited = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const fields = new Map<number, Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) fields.set(number, reader.bytes());
    else reader.skip(wireType, number);
  }
  return fields;
};
