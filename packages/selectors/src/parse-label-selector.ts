import { qualifiedNameErrors } from '@solo-kubelet/pod-spec';
import { createRequirement, invalid, type LabelRequirement, type RequirementOperator } from './label-requirement.js';
import { type SelectorToken, selectorTokens } from './selector-tokens.js';

/** What a label selector asks for: every requirement, sorted by key; none of them matches everything, null matches nothing. */
export type LabelRequirements = readonly LabelRequirement[] | null;

export type LabelSelectorResult =
  | { readonly ok: true; readonly requirements: LabelRequirements }
  /** What is wrong, in upstream's words. */
  | { readonly ok: false; readonly error: string };

/** Reads `a=b,c!=d,e,!f,g in (x,y),h notin (z),n>1`, as labels.Parse does (apimachinery/pkg/labels/selector.go). */
export const parseLabelSelector = (text: string): LabelSelectorResult => {
  try {
    return { ok: true, requirements: sortedByKey(readRequirements(createReader(selectorTokens(text)))) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, error: error.message };
    throw error;
  }
};

export const sortedByKey = (requirements: readonly LabelRequirement[]): readonly LabelRequirement[] =>
  requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

/** Leaves the recursive descent; never leaves this file. */
class Unreadable extends Error {}

const fail = (message: string): never => {
  throw new Unreadable(message);
};

interface Reader {
  readonly peek: () => SelectorToken;
  readonly next: () => SelectorToken;
}

const createReader = (tokens: readonly SelectorToken[]): Reader => {
  let position = 0;
  const at = (i: number): SelectorToken => tokens[Math.min(i, tokens.length - 1)]!;
  return {
    peek: () => at(position),
    next: () => {
      position += 1;
      return at(position - 1);
    },
  };
};

const isSymbol = (token: SelectorToken, text: string): boolean => token.type === 'symbol' && token.text === text;
const startsRequirement = (token: SelectorToken): boolean => token.type === 'word' || isSymbol(token, '!');

const readRequirements = (reader: Reader): readonly LabelRequirement[] => {
  const requirements: LabelRequirement[] = [];
  if (reader.peek().type === 'end') return requirements;
  if (!startsRequirement(reader.peek())) fail(`found '${reader.peek().text}', expected: !, identifier, or 'end of string'`);
  for (;;) {
    requirements.push(readRequirement(reader));
    const token = reader.next();
    if (token.type === 'end') return requirements;
    if (!isSymbol(token, ',')) fail(`found '${token.text}', expected: ',' or 'end of string'`);
    if (!startsRequirement(reader.peek())) fail(`found '${reader.peek().text}', expected: identifier after ','`);
  }
};

const readRequirement = (reader: Reader): LabelRequirement => {
  try {
    const { key, operator, values } = readParts(reader);
    const result = createRequirement(key, operator, values);
    return result.ok ? result.requirement : fail(result.error);
  } catch (error) {
    if (error instanceof Unreadable) error.message = `unable to parse requirement: ${error.message}`;
    throw error;
  }
};

const readParts = (reader: Reader): LabelRequirement => {
  const absent = isSymbol(reader.peek(), '!');
  if (absent) reader.next();
  const { type, text: key } = reader.next();
  if (type !== 'word') fail(`found '${key}', expected: identifier`);
  const keyErrors = qualifiedNameErrors(key);
  if (keyErrors.length > 0) fail(invalid('<nil>', key, keyErrors.join('; ')));
  if (absent) return { key, operator: '!', values: [] };
  if (reader.peek().type === 'end' || isSymbol(reader.peek(), ',')) return { key, operator: 'exists', values: [] };
  const operator = readOperator(reader);
  const values = operator === 'in' || operator === 'notin' ? readValues(reader) : readExactValue(reader);
  return { key, operator, values: [...new Set(values)].sort() };
};

const OPERATORS: Readonly<Record<string, RequirementOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

const readOperator = (reader: Reader): RequirementOperator => {
  const { text } = reader.next();
  const operator = Object.hasOwn(OPERATORS, text) ? OPERATORS[text] : undefined;
  return operator ?? fail(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
};

const readExactValue = (reader: Reader): readonly string[] => {
  if (reader.peek().type === 'end' || isSymbol(reader.peek(), ',')) return [''];
  const { type, text } = reader.next();
  return type === 'word' ? [text] : fail(`found '${text}', expected: identifier`);
};

/** `(a,b)`. Nothing between brackets and commas is the empty value. */
const readValues = (reader: Reader): readonly string[] => {
  const open = reader.next();
  if (!isSymbol(open, '(')) fail(`found '${open.text}' expected: '('`);
  const first = reader.peek();
  if (isSymbol(first, ')')) {
    reader.next();
    return [''];
  }
  if (first.type !== 'word' && !isSymbol(first, ',')) fail(`found '${first.text}', expected: ',', ')' or identifier`);
  const values: string[] = [];
  for (;;) {
    const token = reader.next();
    const following = reader.peek();
    if (token.type === 'word') {
      values.push(token.text);
      if (!isSymbol(following, ',') && !isSymbol(following, ')')) fail(`found '${following.text}', expected: ',' or ')'`);
    } else if (isSymbol(token, ',')) {
      if (values.length === 0 || isSymbol(following, ',') || isSymbol(following, ')')) values.push('');
    } else {
      fail(`found '${token.text}', expected: ',', or identifier`);
    }
    if (isSymbol(following, ')')) {
      reader.next();
      return values;
    }
  }
};
