import type { ListenerRule, NamedValue } from '../route-table.js';
import { bytesOf, escapedPattern, hasControls, hexOf, type NginxVariables, quoted } from './nginx-text.js';

/** What a request has to be for a rule: a variable that is `1` or `0`; undefined: it may be anything. */
export const ruleCondition = (
  { method, headers, query }: Pick<ListenerRule, 'method' | 'headers' | 'query'>,
  variables: NginxVariables,
): string | undefined => {
  const tests = [
    ...(method === undefined ? [] : [methodTest(method, variables)]),
    ...headers.map((each) => headerTest(each, variables)),
    ...query.map((each) => queryTest(each, variables)),
  ];
  if (tests.length < 2) return tests[0];
  return variables.map(quoted(tests.join('')), [YES('"~^1*\\z"'), NO]);
};

const YES = (key: string) => [key, '1'] as const;
const NO = ['default', '0'] as const;

const methodTest = (method: string, variables: NginxVariables): string => variables.map('$request_method', [YES(`"~^${method}\\z"`), NO]);

/** Texts in a `map` are compared without regard to case; what comes twice, with a break between that no header has, is the same. */
const headerTest = ({ name, value }: NamedValue, variables: NginxVariables): string =>
  // No request that nginx takes has such a value.
  hasControls(value)
    ? variables.map('$request_method', [NO])
    : variables.map(`"$http_${name.toLowerCase().replaceAll('-', '_')}\\n${variables.literal(bytesOf(value))}"`, [
        YES('"~^(.*)\\n\\1\\z"'),
        NO,
      ]);

/** As many bytes of a value as a word has room for. */
const QUERY_PIECE = 200;

/** The first parameter of the name counts, decoded. */
const queryTest = ({ name, value }: NamedValue, variables: NginxVariables): string => {
  const pattern = escapedPattern(name);
  let rest = variables.map('$args', [
    [`"~^(?:(?!${pattern}(?:=|&|\\z))[^&]*+&)*+${pattern}=(?<solo_rest>[^&]*)"`, '"=$solo_rest"'],
    ['default', '""'],
  ]);
  const bytes = bytesOf(value);
  for (let at = 0; at < bytes.length; at += QUERY_PIECE) {
    const piece = [...bytes.slice(at, at + QUERY_PIECE)].map(encodedByte).join('');
    rest = variables.map(quoted(rest), [
      [`"~^=${piece}(?<solo_rest>.*)\\z"`, '"=$solo_rest"'],
      ['default', '""'],
    ]);
  }
  return variables.map(quoted(rest), [YES('"="'), NO]);
};

/** A byte as it may stand in a query. */
const encodedByte = (byte: string): string => {
  const hex = hexOf(byte);
  const coded = `%${[...hex].map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join('')}`;
  if (byte === ' ') return `(?:\\+|${coded})`;
  // These two would be something else as they stand.
  return byte === '+' || byte === '&' ? coded : `(?:\\x${hex}|${coded})`;
};

/** One of several that a request may be led to. */
export interface Candidate {
  /** A variable that is `1` or `0`; undefined: it takes every request. */
  readonly condition?: string;
  /** What is chosen then; may name variables. */
  readonly value: string;
}

/** As many conditions as a word has room for. */
const MOST_CONDITIONS = 100;

/** An expression for the first candidate whose condition holds. Those behind one that takes everything count for nothing. */
export const firstOf = (candidates: readonly Candidate[], otherwise: string, variables: NginxVariables): string => {
  const end = candidates.findIndex(({ condition }) => condition === undefined);
  const last = end < 0 ? otherwise : (candidates[end]?.value ?? otherwise);
  const tested = end < 0 ? candidates : candidates.slice(0, end);
  let rest = last;
  for (let from = Math.floor((tested.length - 1) / MOST_CONDITIONS) * MOST_CONDITIONS; from >= 0; from -= MOST_CONDITIONS) {
    const some = tested.slice(from, from + MOST_CONDITIONS);
    if (some.length === 0) continue;
    rest = variables.map(quoted(some.map(({ condition }) => condition).join('')), [
      ...some.map(({ value }, i) => [`"~^0{${i}}1"`, quoted(value)] as const),
      ['default', quoted(rest)],
    ]);
  }
  return rest;
};
