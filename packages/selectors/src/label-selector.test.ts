import { describe, expect, it } from 'vitest';
import type { Labels } from './label-requirement.js';
import { formatLabelSelector, formatRequirements, labelSelectorRequirements, matchesLabels, toLabelSelector } from './label-selector.js';
import { type LabelRequirements, parseLabelSelector } from './parse-label-selector.js';

const parse = (text: string): LabelRequirements => {
  const result = parseLabelSelector(text);
  if (!result.ok) throw new Error(result.error);
  return result.requirements;
};
const errorOf = (text: string): string | undefined => {
  const result = parseLabelSelector(text);
  return result.ok ? undefined : result.error;
};

describe('label selectors', () => {
  it.each([
    ['', ''],
    ['a=b', 'a=b'],
    ['b == c , a!=x', 'a!=x,b==c'],
    ['app in (web,api,web)', 'app in (api,web)'],
    ['app notin (b, a)', 'app notin (a,b)'],
    ['a in ()', 'a in ()'],
    ['a in (x,,y,)', 'a in (,x,y)'],
    ['!a,b', '!a,b'],
    ['in in (in,notin)', 'in in (in,notin)'],
    ['a=', 'a='],
    ['n>1,n<5', 'n>1,n<5'],
  ])('%j reads back as %j', (text, formatted) => {
    expect(formatRequirements(parse(text))).toBe(formatted);
  });

  it.each([
    ['a b=c', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=!b', "unable to parse requirement: found '!', expected: identifier"],
    ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a in (!)', "unable to parse requirement: found '!', expected: ',', ')' or identifier"],
    ['n>x', `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
  ])('refuses %j', (text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  it('refuses keys and values that no label has', () => {
    expect(errorOf('/a')).toMatch(/^unable to parse requirement: <nil>: Invalid value: "\/a": prefix part must be non-empty/);
    expect(errorOf('a=-')).toMatch(/^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-": a valid label must be/);
  });

  it.each([
    ['a=1', [true, false, false]],
    ['a!=1', [false, true, true]],
    ['a in (1,2)', [true, true, false]],
    ['a notin (1)', [false, true, true]],
    ['a', [true, true, false]],
    ['!a', [false, false, true]],
    ['a>1', [false, true, false]],
    ['a<2', [true, false, false]],
    ['', [true, true, true]],
    ['toString', [false, false, false]],
  ])('%j matches %j', (text, matches) => {
    const sets: readonly Labels[] = [{ a: '1' }, { a: '2' }, { b: 'x' }];
    expect(sets.map((labels) => matchesLabels(parse(text), labels))).toEqual(matches);
  });

  it('has the object form, but of those operators that it knows', () => {
    expect(toLabelSelector(parse('a=1,b in (x),!c,d,e notin (y)')!)).toEqual({
      matchLabels: { a: '1' },
      matchExpressions: [
        { key: 'b', operator: 'In', values: ['x'] },
        { key: 'c', operator: 'DoesNotExist' },
        { key: 'd', operator: 'Exists' },
        { key: 'e', operator: 'NotIn', values: ['y'] },
      ],
    });
    expect(['a!=1', 'a>1', 'a<1'].map((text) => toLabelSelector(parse(text)!))).toEqual([undefined, undefined, undefined]);
  });

  it('reads the object form: an absent selector selects nothing, an empty one everything', () => {
    expect(labelSelectorRequirements(undefined)).toEqual({ ok: true, requirements: null });
    expect([null, []].map((requirements) => matchesLabels(requirements, { a: '1' }))).toEqual([false, true]);
    expect(formatLabelSelector({ matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] })).toBe('a,b=1');
    expect([formatLabelSelector(null), formatLabelSelector({})]).toEqual(['<none>', '<none>']);
  });

  it('refuses an object form that cannot be', () => {
    const gt = { matchExpressions: [{ key: 'n', operator: 'Gt' as 'In', values: ['1'] }] };
    expect(labelSelectorRequirements(gt)).toEqual({ ok: false, error: '"Gt" is not a valid label selector operator' });
    expect(labelSelectorRequirements({ matchExpressions: [{ key: 'a', operator: 'DoesNotExist', values: ['x'] }] })).toEqual({
      ok: false,
      error: 'values: Invalid value: ["x"]: values set must be empty for exists and does not exist',
    });
    expect(formatLabelSelector(gt)).toBe('<error>');
  });
});
