import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest, parsePod, parseUrlManifest } from '../src/index.js';
import { sampleManifests } from './sample-manifests.js';

const options = { path: 'a.yaml', nodeName: 'node1' };
const runs = 100_000;
const slowMs = 1_000;
const mostBytes = 200 * 2 ** 20;

const seeds = sampleManifests.map((text) => new TextEncoder().encode(text));
const spices = [
  ...[
    '- ',
    ': ',
    '? ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '\\',
    '&a ',
    '*a',
    '<<: *a',
    '!!int ',
    '!x ',
    '|',
    '>-',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ],
  ...[
    '\t',
    '\n',
    '\r',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\0',
    '\u0007',
    '😀',
    'null',
    '~',
    'yes',
    '0o17',
    '1e400',
    '.inf',
    '-0',
    '#',
    '__proto__',
  ],
  ...['9223372036854775808', '1_000', '12:30', '2001-01-01', 'constructor', '   ', '$(A)', '\\u0000', '\\ud800'],
].map((text) => new TextEncoder().encode(text));

type Edit = { readonly at: number; readonly cut: number; readonly put: number };
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(12), put: fc.nat(spices.length) });

const mutate = (seed: Uint8Array, edits: readonly Edit[]): Uint8Array => {
  let bytes = seed;
  for (const { at, cut, put } of edits) {
    const from = Math.floor(at * bytes.length);
    bytes = Uint8Array.from([...bytes.subarray(0, from), ...(spices[put] ?? []), ...bytes.subarray(from + cut)]);
  }
  return bytes;
};

const mutated = fc
  .tuple(fc.nat(seeds.length - 1), fc.array(edit, { minLength: 1, maxLength: 6 }))
  .map(([seed, edits]) => mutate(seeds[seed]!, edits));
const soup = fc
  .array(fc.nat(spices.length - 1), { maxLength: 60 })
  .map((picks) => Uint8Array.from(picks.flatMap((pick) => [...spices[pick]!])));
const input = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: soup },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
);

describe('any input', () => {
  it(`gives a result in time and memory, ${runs} times over`, () => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    let slowest = 0;
    let most = 0;
    let n = 0;
    fc.assert(
      fc.property(input, (bytes) => {
        const started = performance.now();
        const result = parsePod(bytes, options);
        parseManifest(bytes, options);
        parseUrlManifest(bytes, { path: 'http://localhost/', nodeName: 'node1' });
        slowest = Math.max(slowest, performance.now() - started);
        n += 1;
        if (n % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
        for (const issue of result.ok ? result.warnings : result.issues) {
          expect(issue.line).toBeGreaterThan(0);
          expect(issue.column).toBeGreaterThan(0);
          expect(issue.endLine).toBeGreaterThanOrEqual(issue.line);
          expect(issue.message).not.toBe('');
        }
        if (!result.ok) expect(result.issues.length).toBeGreaterThan(0);
      }),
      { numRuns: runs },
    );
    console.log(`slowest ${slowest.toFixed(1)} ms, heap grew at most ${(most / 2 ** 20).toFixed(0)} MiB`);
    expect(slowest).toBeLessThan(slowMs);
    expect(most).toBeLessThan(mostBytes);
  });

  it.each([
    [
      'aliases that unfold without end',
      `${Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`).join('\n')}\n`,
    ],
    ['an alias inside its own anchor', 'a: &a [*a]\n'],
    ['a merge of itself', 'a: &a\n  <<: *a\n'],
    ['merges in merges', `${'{<<: '.repeat(9_000)}{}${'}'.repeat(9_000)}\n`],
    ['deep flow lists', `x: ${'['.repeat(11_000)}`],
    ['deep JSON', `{"x":${'['.repeat(20_000)}`],
    ['deep block lists', `${Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}-`).join('\n')}\n`],
    ['one long line', `x: ${'a'.repeat(5_000_000)}`],
    ['many keys', Array.from({ length: 100_000 }, (_, i) => `k${i}: v`).join('\n')],
    ['many open brackets and colons', '[:'.repeat(50_000)],
    ['many quotes', "'".repeat(1_000_000)],
    ['a long number', `x: ${'9'.repeat(1_000_000)}`],
    ['a long quantity', `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {overhead: {cpu: ${'9'.repeat(1_000_000)}}}`],
    [
      'a huge exponent',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {overhead: {cpu: "12345678901234567890e2147483647", memory: "1e-2147483648"}}',
    ],
    ['eleven MiB', ' '.repeat(11 * 2 ** 20)],
  ])('survives %s', (_name, text) => {
    const started = performance.now();
    expect(parsePod(text, options).ok).toBe(false);
    parseManifest(text, options);
    expect(performance.now() - started).toBeLessThan(5 * slowMs);
  });
});
