import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { writeInPieces } from './write-in-pieces.js';

/** A stream that takes what is written only when it is told to. */
const slowStream = () => {
  const taken: Buffer[] = [];
  let take: (() => void) | undefined;
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      taken.push(chunk);
      take = done;
    },
  });
  return {
    stream,
    taken,
    /** Gives the stream's consent to what it was given last, until there is nothing more. */
    takeAll: async () => {
      while (take !== undefined) {
        const done = take;
        take = undefined;
        done();
        await new Promise(setImmediate);
      }
    },
  };
};

it('gives the stream at most 16 KiB before it has taken what came earlier, and all of it in order', async () => {
  const { stream, taken, takeAll } = slowStream();
  const writer = writeInPieces(stream);
  const texts = ['a'.repeat(10_000), 'b'.repeat(70_000), 'ä'.repeat(3_000), 'c'];
  for (const text of texts) writer.write(text);
  expect(taken).toHaveLength(1);
  expect(writer.unwrittenBytes).toBe(10_000 + 70_000 + 6_000 + 1);
  await takeAll();
  expect(Math.max(...taken.map(({ length }) => length))).toBeLessThanOrEqual(16 * 1_024);
  expect(Buffer.concat(taken).toString()).toBe(texts.join(''));
  expect(writer.unwrittenBytes).toBe(0);
});

it('takes no longer for each of many short texts than for each of few', async () => {
  const { stream, taken, takeAll } = slowStream();
  const writer = writeInPieces(stream);
  writer.write('first');
  // Were the rest of the queue moved for each of them, this would take minutes.
  const texts = Array.from({ length: 200_000 }, (_, index) => `${index};`);
  for (const text of texts) writer.write(text);
  await takeAll();
  expect(Buffer.concat(taken).toString()).toBe(`first${texts.join('')}`);
});

it('writes at once what comes while nothing is under way', () => {
  const { stream, taken } = slowStream();
  writeInPieces(stream).write(new Uint8Array([1, 2, 3]));
  expect(taken).toEqual([Buffer.from([1, 2, 3])]);
});

it('ends the stream after what was written, and takes nothing more', async () => {
  const { stream, taken, takeAll } = slowStream();
  const writer = writeInPieces(stream);
  writer.write('x'.repeat(40_000));
  writer.end();
  writer.write('late');
  expect(stream.writableEnded).toBe(false);
  await takeAll();
  expect([stream.writableEnded, Buffer.concat(taken).length]).toEqual([true, 40_000]);
});

it('ends at once where there is nothing to write, and leaves a destroyed stream alone', () => {
  const { stream } = slowStream();
  writeInPieces(stream).end();
  expect(stream.writableEnded).toBe(true);
  const { stream: gone, taken } = slowStream();
  gone.destroy();
  const writer = writeInPieces(gone);
  writer.write('x');
  writer.end();
  expect(taken).toEqual([]);
});
