import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { print, write, writeRaw } from './cli-io.js';

const written = async (work: (output: PassThrough) => unknown): Promise<string> => {
  const output = new PassThrough();
  await work(output);
  return output.read().toString('latin1');
};
const hostile = 'a\tb\n\u001b]52;c;eA==\u0007\r\u007f';

it('shows what would steer a terminal, in every text', async () => {
  const shown = 'a\tb\n^[]52;c;eA==^G^M^?';
  expect(await written((output) => write(output, hostile))).toBe(shown);
  expect(await written((output) => print(output, hostile))).toBe(shown);
});

it('leaves bytes as they are, and what is wanted raw', async () => {
  expect(await written((output) => write(output, Buffer.from(hostile)))).toBe(hostile);
  expect(await written((output) => writeRaw(output, hostile))).toBe(hostile);
});
