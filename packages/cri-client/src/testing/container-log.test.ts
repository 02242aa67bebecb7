import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLog, logTime, MAX_LOG_LINE_BYTES } from './container-log.js';

const parse = (log: Buffer): { readonly tag: string; readonly text: string }[] =>
  log
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, , tag = '', ...words] = line.split(' ');
      return { tag, text: words.join(' ') };
    });

describe('formatLog', () => {
  it('loses no byte, cuts no short line and marks all pieces but the last of a line with P', () => {
    const lines = fc.array(
      fc.record({
        length: fc.oneof(fc.nat(40), fc.integer({ min: MAX_LOG_LINE_BYTES - 1, max: 3 * MAX_LOG_LINE_BYTES + 1 })),
        char: fc.constantFrom('a', ' ', 'é'),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(lines, (spec) => {
        const text = spec.map(({ length, char }) => Buffer.from(char, 'latin1').toString('latin1').repeat(length));
        const pieces = parse(formatLog(Buffer.from(`${text.join('\n')}\n`, 'latin1'), 'stdout', () => 1n));
        const joined = pieces.map(({ tag, text: piece }) => (tag === 'F' ? `${piece}\n` : piece)).join('');
        expect(joined).toBe(`${text.join('\n')}\n`);
        expect(
          pieces.every(({ tag, text: piece }) => (tag === 'P' ? piece.length === MAX_LOG_LINE_BYTES : piece.length <= MAX_LOG_LINE_BYTES)),
        ).toBe(true);
      }),
    );
  });
});

it('logTime has nine digits of a second', () => expect(logTime(1_767_225_600_000_000_007n)).toBe('2026-01-01T00:00:00.000000007Z'));
