import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type Message, type MessageField, messageOf } from './messages.js';
import { SPECIAL_MESSAGES } from './special-messages.js';

export type JsonObject = { [name: string]: unknown };

/** Messages within each other; no kind of Kubernetes' needs more, and JSON schemas within CRDs are none of ours. */
const MAX_DEPTH = 64;

/** What a message says as JSON. Fields that the table does not have are passed over. @throws Error where the bytes are no message */
export const decodeMessage = (message: Message, bytes: Uint8Array, depth = 0): JsonObject => {
  if (depth > MAX_DEPTH) throw new RangeError('messages are nested too deeply');
  const object: JsonObject = Object.create(null) as JsonObject;
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message.byNumber.get(number);
    if (field === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    if (wireType === WireType.Varint) addNumber(object, field, BigInt(reader.int64()));
    else if (wireType === WireType.LengthDelimited) addBytes(object, field, reader.bytes(), depth);
    else throw new Error(`wrong wireType = ${wireType} for field ${field.name}`);
  }
  return { ...object };
};

const addNumber = (object: JsonObject, field: MessageField, value: bigint): void => {
  if (field.type !== 'int' && field.type !== 'bool') throw new Error(`wrong wireType = 0 for field ${field.name}`);
  add(object, field, field.type === 'bool' ? value !== 0n : jsonNumber(value));
};

/** Exact also beyond what a number can hold. */
const jsonNumber = (value: bigint): number | bigint =>
  BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;

const addBytes = (object: JsonObject, field: MessageField, bytes: Uint8Array, depth: number): void => {
  if (field.map) {
    const [key, value] = decodeEntry(field, bytes, depth);
    object[field.name] ??= Object.create(null) as JsonObject;
    (object[field.name] as JsonObject)[key] = value;
    return;
  }
  if (field.type === 'int' || field.type === 'bool') {
    // Several numbers in one field.
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) addNumber(object, field, BigInt(reader.int64()));
    return;
  }
  if (field.inline) {
    Object.assign(object, decodeMessage(messageOf(field.type)!, bytes, depth + 1));
    return;
  }
  add(object, field, decodeValue(field.type, bytes, depth));
};

const add = (object: JsonObject, field: MessageField, value: unknown): void => {
  if (field.repeated) {
    object[field.name] ??= [];
    (object[field.name] as unknown[]).push(value ?? null);
  } else if (value !== undefined && (field.optional || (value !== '' && value !== 0 && value !== false))) {
    object[field.name] = value;
  }
};

const decodeValue = (type: string, bytes: Uint8Array, depth: number): unknown => {
  switch (type) {
    case 'string':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'bytes':
      return toBase64(bytes);
    default:
      return SPECIAL_MESSAGES.has(type) ? SPECIAL_MESSAGES.get(type)!.decode(bytes) : decodeMessage(messageOf(type)!, bytes, depth + 1);
  }
};

/** Key and value of a map: a message of two fields. */
const decodeEntry = ({ name, type }: MessageField, bytes: Uint8Array, depth: number): [string, unknown] => {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : decodeValue(type, new Uint8Array(), depth);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) throw new Error(`wrong wireType = ${wireType} for field ${name}`);
    const content = reader.bytes();
    if (number === 1) key = new TextDecoder().decode(content);
    else if (number === 2) value = decodeValue(type, content, depth);
  }
  return [key, value];
};

const CHUNK = 0x8000;

/** Base64 without Node's Buffer, so that it runs in a browser, too. */
const toBase64 = (bytes: Uint8Array): string => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
};
