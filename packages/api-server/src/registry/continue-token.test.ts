import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';
import { readToken, writeToken } from './continue-token.js';

const told = (text: string): string => {
  try {
    readToken(Buffer.from(text).toString('base64url'));
    return '';
  } catch (error) {
    return (error as Error).message.replace('invalid continue token: continue key is not valid: ', '');
  }
};

it('a token is read as it was written', () => {
  expect(readToken(writeToken({ version: 7, start: 'a\u0000' }))).toEqual({ version: 7, start: 'a\u0000' });
});

it.each([
  ['{', 'unexpected end of JSON input'],
  ['"x"', 'json: cannot unmarshal string into Go value of type storage.continueToken'],
  ['[]', 'json: cannot unmarshal array into Go value of type storage.continueToken'],
  ['null', 'server does not recognize this encoded version '],
  ['{"v":5}', 'json: cannot unmarshal number into Go struct field continueToken.v of type string'],
  ['{"rv":1.5}', 'json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64'],
  ['{"rv":"x"}', 'json: cannot unmarshal string into Go struct field continueToken.rv of type int64'],
  ['{"v":"meta.k8s.io/v1","rv":1,"start":"a/../b"}', 'a/../b'],
  ['{"v":"meta.k8s.io/v1","rv":1,"start":"a/"}', 'a/'],
])('%s is no token, in Go’s words', (text, why) => {
  expect(told(text)).toBe(why);
});

it('bytes of no character are shown by their number', () => {
  expect(() => readToken(Buffer.from([0x9a, 0x2b]).toString('base64url'))).toThrow("invalid character '\\u009a' looking for");
});

it('a token is read before the version is looked at', () => {
  const ask = askCore();
  expect(ask('GET', 'configmaps?continue=x&resourceVersion=5').value.message).toContain('illegal base64 data');
  const token = writeToken({ version: 1, start: 'a' });
  expect(ask('GET', `configmaps?continue=${token}&resourceVersion=5`).value.message).toContain('not allowed when using continue');
});

it('a list of one name has no pages', () => {
  const ask = askCore();
  for (const name of ['a', 'b']) ask('POST', 'configmaps', { metadata: { name } });
  const { metadata, items } = ask('GET', 'configmaps?limit=1&fieldSelector=metadata.name%3Da').value;
  expect([items.length, metadata.continue]).toEqual([1, undefined]);
});
