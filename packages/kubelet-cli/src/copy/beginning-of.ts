import { Writable } from 'node:stream';

/** What a program says, of which only the beginning is kept. */
export interface Beginning {
  readonly stream: Writable;
  text(): string;
}

/** Takes in any amount, and keeps the first `maxBytes`. */
export const beginningOf = (maxBytes: number): Beginning => {
  let kept = Buffer.alloc(0);
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (kept.length < maxBytes) kept = Buffer.concat([kept, chunk.subarray(0, maxBytes - kept.length)]);
      done();
    },
  });
  return { stream, text: () => kept.toString('utf8') };
};
