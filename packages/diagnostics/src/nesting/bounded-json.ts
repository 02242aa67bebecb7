import { nestsDeeper } from './nests-deeper.js';

/**
 * Most levels of lists and records that JSON from outside may have. No kind of Kubernetes needs a tenth of it, a definition with a schema of its own
 * less than half; and what writes it as YAML takes two fifths of the stack for it.
 */
export const MAX_JSON_LEVELS = 200;

const tooDeep = (levels: number): SyntaxError => new SyntaxError(`it nests deeper than ${levels} levels`);

/** A value, once it is known that functions may recurse over it. @throws SyntaxError for one that nests deeper than so many levels, or holds itself */
export const boundedValue = <T>(value: T, levels: number = MAX_JSON_LEVELS): T => {
  if (nestsDeeper(value, levels)) throw tooDeep(levels);
  return value;
};

/**
 * What a JSON text says, for functions that recurse over it. `JSON.parse` itself recurses only to revive.
 * @throws SyntaxError for what is no JSON, and for what nests deeper than `MAX_JSON_LEVELS`
 */
export const parseBoundedJson = (text: string, revive?: (key: string, value: unknown) => unknown): unknown => {
  if (jsonNestsDeeper(text, MAX_JSON_LEVELS)) throw tooDeep(MAX_JSON_LEVELS);
  return JSON.parse(text, revive) as unknown;
};

/** Whether a JSON text nests deeper than so many levels; where it is no JSON the answer means nothing. It does not recurse. */
export const jsonNestsDeeper = (text: string, levels: number): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_LIST || code === OPEN_RECORD) {
      depth += 1;
      if (depth > levels) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_RECORD) depth -= 1;
  }
  return false;
};

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_RECORD, CLOSE_RECORD] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
};
