import { endOfName } from './read-name.js';

/** Where a record of a message stands, with what a server has to know of every record. */
export interface RecordPlace {
  readonly start: number;
  readonly type: number;
  /** Of an OPT record: the payload by UDP. */
  readonly class: number;
  readonly ttlAt: number;
  /** Of an OPT record: upper bits of the code, version and flags. */
  readonly ttl: number;
  readonly end: number;
}

/**
 * The records behind the question of a message with a whole header; undefined where they are malformed. In time that grows with the bytes: what a
 * record holds is not decoded.
 */
export const readRecords = (message: Uint8Array, view: DataView, from: number): readonly RecordPlace[] | undefined => {
  const count = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  const records: RecordPlace[] = [];
  let start = from;
  for (let index = 0; index < count; index += 1) {
    const name = endOfName(message, start);
    if (name === undefined || name + 10 > message.length) return undefined;
    const end = name + 10 + view.getUint16(name + 8);
    if (end > message.length) return undefined;
    records.push({
      start,
      type: view.getUint16(name),
      class: view.getUint16(name + 2),
      ttlAt: name + 4,
      ttl: view.getUint32(name + 4),
      end,
    });
    start = end;
  }
  return records;
};
