import { describe, expect, it } from 'vitest';
import { goQuote, toJson } from './go-print.js';
import { createReport } from './report.js';

describe('goQuote', () => {
  it.each([
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\t\n\x01\x7f', '"\\t\\n\\x01\\x7f"'],
    ['é 字 😀', '"é 字 😀"'],
    ['\u00a0\u200b\ufeff', '"\\u00a0\\u200b\\ufeff"'],
  ])('prints %j as %s', (text, printed) => expect(goQuote(text)).toBe(printed));
});

it('prints 64-bit numbers inside a structure in full', () => expect(toJson({ a: [9007199254740993n] })).toBe('{"a":[9007199254740993]}'));

describe('createReport', () => {
  it('words each kind of error as Kubernetes does', () => {
    const report = createReport();
    report.required('a');
    report.required('a', 'why');
    report.invalid('b[0]', 'x"', 'bad');
    report.invalid('c', -1n, 'low');
    report.notSupported('d', 'Foo', ['A', 'B']);
    report.duplicate('e', 'TCP//80');
    report.notFound('f', '');
    report.forbidden('g', 'no');
    report.tooLong('h', 64);
    report.tooMany('i', 21, 20);
    report.invalidStructure('j', { k: 1 }, 'odd');
    expect(report.errors.map(({ message }) => message)).toEqual([
      'a: Required value',
      'a: Required value: why',
      'b[0]: Invalid value: "x\\"": bad',
      'c: Invalid value: -1: low',
      'd: Unsupported value: "Foo": supported values: "A", "B"',
      'e: Duplicate value: "TCP//80"',
      'f: Not found: ""',
      'g: Forbidden: no',
      'h: Too long: may not be more than 64 bytes',
      'i: Too many: 21: must have at most 20 items',
      'j: Invalid value: {"k":1}: odd',
    ]);
    expect(report.errors.at(-1)).toMatchObject({ opaque: true });
  });
});
