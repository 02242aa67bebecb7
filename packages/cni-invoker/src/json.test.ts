import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.js';

describe('parseJson', () => {
  it.each([
    ['{"a": 1,}', 1, 9],
    ['{\n  "name": "lab"\n  "plugins": []\n}', 3, 3],
    ['[1, 2', 1, 6],
    ['', 1, 1],
    ['{"a": 01}', 1, 8],
    ['{"a": "tab\there"}', 1, 7],
    ['{"a": true} x', 1, 13],
    ["{'a': 1}", 1, 2],
  ])('tells where %j stops being JSON', (text, line, column) => {
    expect(parseJson(text)).toMatchObject({ ok: false, position: { line, column } });
  });

  it('reads any JSON, and finds a place for the fault in anything cut short', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
        const part = parseJson(text.slice(0, cut % text.length));
        if (!part.ok) expect(part.position.column).toBeGreaterThan(0);
      }),
    );
  });
});
