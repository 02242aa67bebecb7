import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** A message that is something other than an object in JSON. Bytes that are no such message throw. */
export interface SpecialMessage {
  /** undefined: not set. */
  readonly decode: (bytes: Uint8Array) => unknown;
  /** undefined: the value has no such form. */
  readonly encode: (value: unknown) => Uint8Array | undefined;
}

/** Field numbers and the last value of each, numbers as bigint. */
const fieldsOf = (bytes: Uint8Array): { numbers: ReadonlyMap<number, bigint>; texts: ReadonlyMap<number, readonly Uint8Array[]> } => {
  const reader = new BinaryReader(bytes);
  const numbers = new Map<number, bigint>();
  const texts = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === 0) numbers.set(number, BigInt(reader.int64()));
    else if (wireType === 2) texts.set(number, [...(texts.get(number) ?? []), reader.bytes()]);
    else reader.skip(wireType, number);
  }
  return { numbers, texts };
};

const utf8 = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const lastText = (bytes: Uint8Array, number: number): string => utf8(fieldsOf(bytes).texts.get(number)?.at(-1));
const MS_PER_SECOND = 1000n;
const MAX_DATE_SECONDS = 8_640_000_000_000n;

/** Seconds and nanoseconds; an empty message is no time. */
const time = (fractionDigits: 0 | 6): SpecialMessage => ({
  decode: (bytes) => {
    if (bytes.length === 0) return undefined;
    const { numbers } = fieldsOf(bytes);
    const seconds = numbers.get(1) ?? 0n;
    if (seconds > MAX_DATE_SECONDS || seconds < -MAX_DATE_SECONDS) throw new RangeError('time is out of range');
    const whole = new Date(Number(seconds * MS_PER_SECOND)).toISOString().slice(0, -'.000Z'.length);
    const micros = String((numbers.get(2) ?? 0n) / MS_PER_SECOND).padStart(fractionDigits, '0');
    return fractionDigits === 0 ? `${whole}Z` : `${whole}.${micros}Z`;
  },
  encode: (value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) return undefined;
    const fraction = /\.(\d+)/.exec(String(value))?.[1] ?? '';
    const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'));
    return new BinaryWriter()
      .tag(1, 0)
      .int64(Math.floor(ms / 1000))
      .tag(2, 0)
      .int32(nanos)
      .finish();
  },
});

/** Text in JSON that is kept as it is. */
const jsonText = (number: number): SpecialMessage => ({
  decode: (bytes) => {
    const text = lastText(bytes, number);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  },
  encode: (value) =>
    value === undefined || value === null
      ? undefined
      : new BinaryWriter()
          .tag(number, 2)
          .bytes(new TextEncoder().encode(JSON.stringify(value)))
          .finish(),
});

const INT = 0n;

export const SPECIAL_MESSAGES: ReadonlyMap<string, SpecialMessage> = new Map<string, SpecialMessage>([
  ['meta.Time', time(0)],
  ['meta.MicroTime', time(6)],
  ['meta.FieldsV1', jsonText(1)],
  ['runtime.RawExtension', jsonText(1)],
  [
    'resource.Quantity',
    {
      decode: (bytes) => lastText(bytes, 1) || '0',
      encode: (value) =>
        typeof value === 'string' || typeof value === 'number' ? new BinaryWriter().tag(1, 2).string(String(value)).finish() : undefined,
    },
  ],
  [
    'intstr.IntOrString',
    {
      decode: (bytes) => {
        const { numbers, texts } = fieldsOf(bytes);
        return (numbers.get(1) ?? INT) === INT ? Number(BigInt.asIntN(32, numbers.get(2) ?? 0n)) : utf8(texts.get(3)?.at(-1));
      },
      encode: (value) => {
        const isText = typeof value === 'string';
        if (!isText && !Number.isInteger(value)) return undefined;
        const writer = new BinaryWriter()
          .tag(1, 0)
          .int64(isText ? 1 : 0)
          .tag(2, 0)
          .int64(isText ? 0 : (value as number));
        return writer
          .tag(3, 2)
          .string(isText ? value : '')
          .finish();
      },
    },
  ],
  ...['authentication.ExtraValue', 'authorization.ExtraValue', 'meta.Verbs'].map((name): [string, SpecialMessage] => [
    name,
    {
      decode: (bytes) => (fieldsOf(bytes).texts.get(1) ?? []).map((text) => utf8(text)),
      encode: (value) => {
        if (!Array.isArray(value)) return undefined;
        const writer = new BinaryWriter();
        for (const item of value) writer.tag(1, 2).string(String(item));
        return writer.finish();
      },
    },
  ]),
]);
