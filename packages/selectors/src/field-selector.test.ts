import { describe, expect, it } from 'vitest';
import { formatFieldSelector, matchesFields, parseFieldSelector } from './field-selector.js';

describe('field selectors', () => {
  it.each([
    ['', '', [true, true]],
    [',', '', [true, true]],
    ['=', '', [true, true]],
    ['metadata.name==web', 'metadata.name=web', [true, false]],
    ['status.phase!=x,metadata.name=web', 'metadata.name=web,status.phase!=x', [true, false]],
    ['status.phase=', 'status.phase=', [true, true]],
    ['metadata.name=a\\,b', 'metadata.name=a\\,b', [false, true]],
    [' metadata.name=web', ' metadata.name=web', [false, false]],
  ])('%j is %j and matches %j', (text, formatted, matches) => {
    const result = parseFieldSelector(text);
    if (!result.ok) throw new Error(result.error);
    expect(formatFieldSelector(result.terms)).toBe(formatted);
    expect(['web', 'a,b'].map((name) => matchesFields(result.terms, { 'metadata.name': name }))).toEqual(matches);
  });

  it.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('refuses %j', (text, error) => {
    expect(parseFieldSelector(text)).toEqual({ ok: false, error });
  });
});
