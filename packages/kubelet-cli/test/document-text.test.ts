import { escapeDocument } from '@solo-kubelet/diagnostics/text';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
const document = { plain: controls, [`key\u009b`]: 'x', lines: `one\ntwo\u009b31m\n`, alone: '\u0085' };

it.each([
  ['JSON', JSON.stringify(document, undefined, 4), (text: string): unknown => JSON.parse(text)],
  ['YAML', stringify(document), (text: string): unknown => parse(text)],
])('%s keeps its values and has no control character that a terminal obeys', (_language, text, read) => {
  const escaped = escapeDocument(text);
  expect(escaped).not.toMatch(/(?!\n)\p{Control}/u);
  expect(read(escaped)).toEqual(document);
});
