import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type Message, type MessageField, messageOf } from './messages.js';
import { SPECIAL_MESSAGES } from './special-messages.js';

type Values = Readonly<Record<string, unknown>>;

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_DEPTH = 64;

/** An object as a message. What the table does not have, or has with another type, is left out. */
export const encodeMessage = (message: Message, object: Values, depth = 0): Uint8Array => {
  const writer = new BinaryWriter();
  if (depth > MAX_DEPTH) return writer.finish();
  for (const field of message.byNumber.values()) {
    if (field.inline) {
      writer.tag(field.number, 2).bytes(encodeMessage(messageOf(field.type)!, object, depth + 1));
      continue;
    }
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (value === undefined || value === null) continue;
    if (field.map) writeMap(writer, field, value, depth);
    else
      for (const item of field.repeated ? (Array.isArray(value) ? value : []) : [value])
        writeValue(writer, field.number, field.type, item, depth);
  }
  return writer.finish();
};

const writeMap = (writer: BinaryWriter, { number, type }: MessageField, value: unknown, depth: number): void => {
  if (!isValues(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const entry = new BinaryWriter().tag(1, 2).string(key);
    writeValue(entry, 2, type, item, depth);
    writer.tag(number, 2).bytes(entry.finish());
  }
};

const writeValue = (writer: BinaryWriter, number: number, type: string, value: unknown, depth: number): void => {
  switch (type) {
    case 'string':
      if (typeof value === 'string') writer.tag(number, 2).string(value);
      return;
    case 'bytes':
      if (typeof value === 'string' && BASE64.test(value))
        writer.tag(number, 2).bytes(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)));
      return;
    case 'bool':
      if (typeof value === 'boolean') writer.tag(number, 0).bool(value);
      return;
    case 'int':
      if (typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value))
        writer.tag(number, 0).int64(value as number | bigint);
      return;
    default: {
      const special = SPECIAL_MESSAGES.get(type);
      const bytes =
        special === undefined ? (isValues(value) ? encodeMessage(messageOf(type)!, value, depth + 1) : undefined) : special.encode(value);
      if (bytes !== undefined) writer.tag(number, 2).bytes(bytes);
    }
  }
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
