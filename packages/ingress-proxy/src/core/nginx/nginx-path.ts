import type { PathChange } from '../route-table.js';
import { type NginxVariables, quoted } from './nginx-text.js';

/** An expression for the path of a request as it was sent, without its query. */
export const sentPath = (variables: NginxVariables): string =>
  variables.map('$request_uri', [
    ['"~^(?<solo_path>[^?]*)"', '"$solo_path"'],
    ['default', '"/"'],
  ]);

/** The same after a change. Slashes that follow each other count as one where elements are replaced. */
export const changedPath = ({ text, prefix }: PathChange, variables: NginxVariables): string => {
  const literal = variables.literal(text);
  if (prefix === undefined) return literal;
  const replaced = `(?:/+[^/?]+){${prefix}}`;
  return variables.map('$request_uri', [
    [`"~^${replaced}/+(?<solo_path>[^?]*)"`, quoted(`${literal}/$solo_path`)],
    ['default', quoted(text === '' ? '/' : literal)],
  ]);
};

/** A variable that is `1` where the path of a request has a slash that is encoded: its elements are others than those that were compared. */
export const encodedSlash = (variables: NginxVariables): string =>
  variables.map('$request_uri', [
    ['"~*^[^?]*%2f"', '1'],
    ['default', '0'],
  ]);

/** More characters than these in one path and query are not escaped one by one. */
const MOST_ESCAPED = 48;
const ESCAPES = [
  ['%', '%25'],
  ['&', '%26'],
  ['\\+', '%2B'],
  [';', '%3B'],
] as const;

/**
 * An expression for path and query of a request as the value of a parameter; `/` where too much in it needs an escape. nginx has no word for that: each step
 * takes one character from what is left behind a space to what is done before it.
 */
export const escapedUri = (variables: NginxVariables): string => {
  let step = variables.map('$request_uri', [['default', '" $request_uri"']]);
  for (let i = 0; i < MOST_ESCAPED; i += 1)
    step = variables.map(quoted(step), [
      ...ESCAPES.map(
        ([character, coded]) =>
          [
            `"~^(?<solo_done>[^ ]*) (?<solo_plain>[^%&+;]*)${character}(?<solo_left>.*)\\z"`,
            `"$solo_done$solo_plain${coded} $solo_left"`,
          ] as const,
      ),
      ['default', quoted(step)],
    ]);
  return variables.map(quoted(step), [
    ['"~^(?<solo_done>[^ ]*) (?<solo_left>[^%&+;]*)\\z"', '"$solo_done$solo_left"'],
    ['default', '"/"'],
  ]);
};
