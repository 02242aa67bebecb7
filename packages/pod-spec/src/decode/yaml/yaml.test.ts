import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../parse/read-documents.js';
import type { ManifestNode } from '../node.js';
import { formatFloatKey } from './scalar-value.js';

const plain = (node: ManifestNode): unknown => {
  if (node.kind === 'scalar') return node.type === 'number' ? Number(node.value) : node.value;
  return node.kind === 'list' ? node.items.map(plain) : Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
};
const read = (text: string | Uint8Array): unknown => {
  const [document] = readDocuments(text, { first: true }).documents;
  return document?.problem === undefined ? plain(document!.root!) : document.problem.message;
};

describe('YAML scalars', () => {
  it.each([
    ['yes', true],
    ['N', false],
    ['off', false],
    ['~', null],
    ['0644', 420],
    ['0o17', 15],
    ['0x1F', 31],
    ['1_000', 1000],
    ['08', 8],
    ['1:30', '1:30'],
    ['1e400', '1e400'],
    ['2001-12-14', '2001-12-14'],
    ['nil', 'nil'],
    ['! 5', '5'],
    ['!!str 5', '5'],
    ['!!int "5"', 5],
    ['!!binary aGk=', 'hi'],
    ['<<', '<<'],
  ])('reads %s as %j', (text, value) => expect(read(`k: ${text}`)).toEqual({ k: value }));

  it.each([
    ['!!bool maybe', 'cannot decode !!str `maybe` as a !!bool'],
    ['!!binary x', '!!binary value contains invalid base64 data'],
    ['.inf', 'JSON has no infinite numbers and no NaN'],
    ['*a', "unknown anchor 'a' referenced"],
    ['"\\q"', 'found unknown escape character'],
    ['a: b', 'mapping values are not allowed in this context'],
  ])('refuses %s', (text, message) => expect(read(`k: ${text}`)).toBe(message));

  it.each([
    [1000, '1000'],
    [1e6, '1e+06'],
    [1.5, '1.5'],
    [5e-324, '0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [Number.POSITIVE_INFINITY, '.inf'],
  ])('spells the float key %d as %s', (value, text) => expect(formatFloatKey(value)).toBe(text));
});

describe('YAML structure', () => {
  it.each([
    ['a:\n- 1\n- b: 2\n  c: 3\n', { a: [1, { b: 2, c: 3 }] }],
    ['a: [1, {b: c}, d: e]', { a: [1, { b: 'c' }, { d: 'e' }] }],
    ['? a\n: b', { a: 'b' }],
    ['a: |\n  x\n   y\n\nb: >-\n  p\n  q\n\n  r\n', { a: 'x\n y\n', b: 'p q\nr' }],
    ['a: \'x\n\n  y\'\nb: "p\\\n  q"', { a: 'x\ny', b: 'pq' }],
    ['a: x\n  y # c', { a: 'x y' }],
    [
      'a: &x {p: 1, q: 2}\nb:\n  q: 3\n  <<: *x\nc:\n  <<: [*x, {p: 5}]\n  q: 4',
      { a: { p: 1, q: 2 }, b: { p: 1, q: 2 }, c: { p: 1, q: 4 } },
    ],
    ['a: 1\na: 2', { a: 2 }],
    ['true: x\n0x10: z', { true: 'x', '16': 'z' }],
    ['a: b\n---\n\t{{{', { a: 'b' }],
    ['', null],
  ])('reads %j', (text, value) => expect(read(text)).toEqual(value));

  it.each([
    ['a: {b', "did not find expected ',' or '}'"],
    ['a:\n\tb: c', 'found character that cannot start any token'],
    ['a: - b', 'block sequence entries are not allowed in this context'],
    ['a: b\nc\n', "could not find expected ':'"],
    ['%YAML 1.2\n---\na: b', 'found incompatible YAML document'],
    ['~: b', 'null cannot be a map key'],
    ['[a]: b', 'a map or a list cannot be a map key'],
    ['a: &a [*a]', "anchor 'a' value contains itself"],
    ['a: b\u0007', 'control characters are not allowed'],
  ])('refuses %j', (text, message) => expect(read(text)).toBe(message));

  it('takes byte order marks and UTF-16, and no bytes that are not UTF-8', () => {
    const utf16 = Uint8Array.from([0xff, 0xfe, ...Array.from('a: é').flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8])]);
    expect(read(utf16)).toEqual({ a: 'é' });
    expect(read(new TextEncoder().encode('\ufeffa: b'))).toEqual({ a: 'b' });
    expect(read(Uint8Array.from([97, 58, 32, 0xe9, 10]))).toBe('invalid UTF-8');
  });
});

describe('JSON', () => {
  it('keeps to the letter of JSON', () => {
    expect(read(' {"a": [1, {"b": null}, "\\u00e9\\ud800"]} ')).toEqual({ a: [1, { b: null }, 'é\ufffd'] });
    expect(read("{'a': 1}")).toContain('looking for beginning of object key string');
    expect(read('{"a": 01}')).toContain('after object key:value pair');
    expect(read('{"a": 1}x')).toContain('after top-level value');
    expect(read('{"a": ')).toBe('unexpected end of JSON input');
  });

  it('turns bytes that are not UTF-8 into U+FFFD, one each', () => {
    expect(read(Uint8Array.from([...'{"a":"'].map((c) => c.charCodeAt(0)).concat(0xe2, 0x82, 34, 125)))).toEqual({ a: '\ufffd\ufffd' });
  });
});
