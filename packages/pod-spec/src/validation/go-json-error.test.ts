import { describe, expect, it } from 'vitest';
import { goJsonError } from './go-json-error.js';

describe('goJsonError', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['[{', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['not json', "invalid character 'o' in literal null (expecting 'u')"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[] []', "invalid character '[' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['-', 'unexpected end of JSON input'],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
  ])('says of %j: %s', (text, problem) => expect(goJsonError(text)).toBe(problem));

  it.each(['null', '[]', ' {"a": [1, -2.5e+3, "\\u00e9"], "b": {}} ', 'true'])('finds nothing wrong with %s', (text) =>
    expect(goJsonError(text)).toBeUndefined(),
  );

  it('ends on a text that is nested without bound', () => expect(goJsonError('['.repeat(200_000))).toBe('exceeded max depth'));
});
