/** Reads bytes from front to back and never beyond their end. */
export interface ByteReader {
  /** The next `count` bytes. @throws RangeError where there are not as many */
  take(count: number): Uint8Array;
  /** A number of four bytes, the highest first. */
  uint32(): number;
  /** Bytes that are preceded by their number, at most `most`. */
  string(most: number): Uint8Array;
  left(): number;
}

export const byteReader = (bytes: Uint8Array): ByteReader => {
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (count > bytes.length - at) throw new RangeError('it ends too early');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const uint32 = (): number => Buffer.from(take(4)).readUInt32BE();
  return {
    take,
    uint32,
    string: (most) => {
      const length = uint32();
      if (length > most) throw new RangeError('a part of it is too long');
      return take(length);
    },
    left: () => bytes.length - at,
  };
};

/** Bytes preceded by their number, as ssh writes strings. */
export const sshString = (bytes: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Base64 as it is written; undefined where anything else is in it, since Node would pass over that. */
export const readBase64 = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};
