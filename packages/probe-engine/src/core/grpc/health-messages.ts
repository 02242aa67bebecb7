/** HealthCheckResponse.ServingStatus of grpc.health.v1, by number. */
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export const SERVING = 1;

/** A status as Go prints it: the number of those that it does not know. */
export const showServingStatus = (status: number): string => STATUS_NAMES[status] ?? String(status);

/** A HealthCheckRequest: its one field, the name of a service, left out when empty. */
export const encodeHealthRequest = (service: string): Uint8Array => {
  const name = new TextEncoder().encode(service);
  if (name.length === 0) return name;
  const length: number[] = [];
  let rest = name.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) + 0x80);
  const bytes = new Uint8Array(2 + length.length + name.length);
  bytes[0] = SERVICE_TAG;
  bytes.set([...length, rest], 1);
  bytes.set(name, 2 + length.length);
  return bytes;
};
const SERVICE_TAG = 0x0a;

const WIRE = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;
const MAX_VARINT_BYTES = 10;
const MAX_FIELD = 2 ** 29 - 1;
/** Groups are of old; they are skipped without recursion. */
const MAX_DEPTH = 100;

/**
 * The `status` of a HealthCheckResponse, its field 1, as a number of 32 bits with sign; 0 where it is left out, the last one where there are more. Fields that it does not know are
 * skipped. Undefined when the bytes are no message.
 */
export const readServingStatus = (bytes: Uint8Array): number | undefined => {
  const groups: number[] = [];
  let [status, at] = [0, 0];
  /** The low 32 bits; undefined when it is cut or too long. */
  const varint = (): { readonly low: number; readonly size: number } | undefined => {
    let [low, size] = [0, 0];
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      // The tenth has but one bit of the 64.
      if (index === MAX_VARINT_BYTES - 1 && byte > 1) return undefined;
      if (index < 5) low |= (byte & 0x7f) << (7 * index);
      if (index < 7) size += (byte & 0x7f) * 2 ** (7 * index);
      else if ((byte & 0x7f) !== 0) size = Number.POSITIVE_INFINITY;
      if (byte < 0x80) return { low, size };
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const [field, wire] = [Math.floor(tag.size / 8), tag.low & 7];
    if (field < 1 || field > MAX_FIELD) return undefined;
    switch (wire) {
      case WIRE.varint: {
        const value = varint();
        if (value === undefined) return undefined;
        if (field === 1 && groups.length === 0) status = value.low;
        break;
      }
      case WIRE.fixed64:
        at += 8;
        break;
      case WIRE.bytes: {
        const length = varint();
        if (length === undefined) return undefined;
        at += length.size;
        break;
      }
      case WIRE.groupStart:
        if (groups.length === MAX_DEPTH) return undefined;
        groups.push(field);
        break;
      case WIRE.groupEnd:
        if (groups.pop() !== field) return undefined;
        break;
      case WIRE.fixed32:
        at += 4;
        break;
      default:
        return undefined;
    }
    if (at > bytes.length) return undefined;
  }
  return groups.length === 0 ? status : undefined;
};
