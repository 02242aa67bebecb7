/** One comparison of a field selector. Which fields an object has is for its kind to say. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type FieldSelectorResult =
  | { readonly ok: true; readonly terms: readonly FieldTerm[] }
  /** What is wrong, in upstream's words. */
  | { readonly ok: false; readonly error: string };

/**
 * Reads `metadata.name=a,status.phase!=Running`; `\,`, `\=` and `\\` stand for themselves in a value. Blanks count.
 * As fields.ParseSelector (apimachinery/pkg/fields/selector.go), terms sorted.
 */
export const parseFieldSelector = (text: string): FieldSelectorResult => {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text).toSorted()) {
    if (part === '') continue;
    const match = /!=|==?/.exec(part);
    if (match === null) return { ok: false, error: `invalid selector: '${text}'; can't understand '${part}'` };
    const field = part.slice(0, match.index);
    const value = unescapeValue(part.slice(match.index + match[0].length));
    if (typeof value !== 'string') return { ok: false, error: `invalid field selector: ${value.error}` };
    if (field !== '' || value !== '') terms.push({ field, operator: match[0] === '!=' ? '!=' : '=', value });
  }
  return { ok: true, terms };
};

/** At commas that no backslash stands before. */
const splitTerms = (text: string): readonly string[] => {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
};

const ESCAPED = /[\\,=]/;

const unescapeValue = (text: string): string | { readonly error: string } => {
  let value = '';
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i]!;
    if (character === ',' || character === '=') {
      return { error: `unescaped character in value: ${character.codePointAt(0)}` };
    }
    if (character !== '\\') {
      value += character;
      continue;
    }
    i += 1;
    const escaped = characters[i] ?? '';
    if (!ESCAPED.test(escaped)) return { error: `invalid escape sequence: \\${escaped}` };
    value += escaped;
  }
  return value;
};

/** Whether an object with these fields is selected; a field it does not have counts as empty. */
export const matchesFields = (terms: readonly FieldTerm[], fields: Readonly<Record<string, string>>): boolean =>
  terms.every(({ field, operator, value }) => ((Object.hasOwn(fields, field) ? fields[field] : '') === value) === (operator === '='));

export const formatFieldSelector = (terms: readonly FieldTerm[]): string =>
  terms.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',');
