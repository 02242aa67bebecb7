/** Bytes of a file that are asked for: from `from` on, up to but without `to`, of `size` in all. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** What a server says of its answer. */
export interface PieceHead {
  readonly status: number;
  readonly statusLine: string;
  readonly contentRange: string | undefined;
  readonly contentLength: string | undefined;
}

export type PieceVerdict =
  /** Its body is what was asked for: `skip` bytes of it are known already, and `take` follow. */
  | { readonly type: 'take'; readonly skip: number; readonly take: number }
  /** Whatever it has, it is not this file. What is on the disk of it may not be, either, where `drop` says so. */
  | {
      readonly type: 'refused';
      readonly reason: 'NotFound' | 'HttpError' | 'HashMismatch';
      readonly message: string;
      readonly drop: boolean;
    };

/** The header that asks for a piece; none for a whole file, which any server can give. */
export const rangeOf = ({ from, to, size }: Piece): string | undefined =>
  from === 0 && to === size ? undefined : `bytes=${from}-${to - 1}`;

/** What may be taken of an answer. A server that knows no ranges gives the whole, from its beginning. */
export const judgePiece = ({ status, statusLine, contentRange, contentLength }: PieceHead, { from, to, size }: Piece): PieceVerdict => {
  const refused = (reason: 'NotFound' | 'HttpError' | 'HashMismatch', message: string, drop = false): PieceVerdict => ({
    type: 'refused',
    reason,
    message,
    drop,
  });
  if (status === 200) {
    const length = readCount(contentLength);
    return length === undefined || length === size
      ? { type: 'take', skip: from, take: size - from }
      : refused('HashMismatch', `has ${length} bytes, and ${size} were announced`, true);
  }
  if (status === 206) {
    const range = readContentRange(contentRange);
    if (range === undefined) return refused('HttpError', `answered ${statusLine} without saying which bytes`);
    if (range.size !== undefined && range.size !== size)
      return refused('HashMismatch', `has ${range.size} bytes, and ${size} were announced`, true);
    if (range.from !== from || range.to > to || range.to <= from)
      return refused('HttpError', `answered with bytes ${range.from}-${range.to - 1}, and ${from}-${to - 1} were asked for`);
    return { type: 'take', skip: 0, take: range.to - from };
  }
  // It has fewer bytes than are here: what is here may come from another file.
  if (status === 416) return refused('HashMismatch', `answered ${statusLine}: it has no bytes from ${from} on, of ${size}`, true);
  return refused(status === 404 || status === 410 ? 'NotFound' : 'HttpError', `answered ${statusLine}`);
};

const readCount = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : undefined;
};

/** `bytes FROM-LAST/SIZE`, as RFC 9110 has it. */
const readContentRange = (
  text: string | undefined,
): { readonly from: number; readonly to: number; readonly size: number | undefined } | undefined => {
  const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text ?? '') ?? [];
  const [from, end] = [readCount(first), readCount(last)];
  if (from === undefined || end === undefined || end < from) return undefined;
  return { from, to: end + 1, size: readCount(all) };
};
