import { describe, expect, it } from 'vitest';
import { judgePiece, rangeOf } from './piece.js';

const head = (status: number, contentRange?: string, contentLength?: string) => ({
  status,
  statusLine: `${status} OK`,
  contentRange,
  contentLength,
});
const piece = { from: 10, to: 20, size: 30 };

describe('a piece of a file', () => {
  it('is asked for by a range, the whole by none', () => {
    expect(rangeOf(piece)).toBe('bytes=10-19');
    expect(rangeOf({ from: 0, to: 30, size: 30 })).toBeUndefined();
    expect(rangeOf({ from: 0, to: 20, size: 30 })).toBe('bytes=0-19');
  });

  it.each([
    [head(206, 'bytes 10-19/30'), { type: 'take', skip: 0, take: 10 }],
    [head(206, 'bytes 10-19/*'), { type: 'take', skip: 0, take: 10 }],
    [head(206, 'bytes 10-14/30'), { type: 'take', skip: 0, take: 5 }],
    [head(200, undefined, '30'), { type: 'take', skip: 10, take: 20 }],
    [head(200), { type: 'take', skip: 10, take: 20 }],
    [head(200, undefined, '31'), { type: 'refused', reason: 'HashMismatch', drop: true }],
    [head(206, 'bytes 10-20/30'), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(206, 'bytes 9-19/30'), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(206, 'bytes 12-11/30'), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(206, 'bytes 10-19/29'), { type: 'refused', reason: 'HashMismatch', drop: true }],
    [head(206, 'bytes 10-99999999999999999999/30'), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(206, 'items 10-19/30'), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(206), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(416, 'bytes */9'), { type: 'refused', reason: 'HashMismatch', drop: true }],
    [head(404), { type: 'refused', reason: 'NotFound', drop: false }],
    [head(503), { type: 'refused', reason: 'HttpError', drop: false }],
    [head(304), { type: 'refused', reason: 'HttpError', drop: false }],
  ])('of %j is judged', (answer, verdict) => expect(judgePiece(answer, piece)).toMatchObject(verdict));
});
