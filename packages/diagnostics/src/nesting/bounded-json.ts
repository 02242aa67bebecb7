import { nestsDeeper } from './nests-deeper.js';

/**
 * Most levels of lists and records that JSON from outside may have. No kind of Kubernetes needs a tenth of it, a definition with a schema of its own
 * less than half; and what writes it as YAML takes two fifths of the stack for it.
 */
export const MAX_JSON_LEVELS = 200;

/** A value, once it is known that functions may recurse over it. @throws SyntaxError for one that nests deeper than so many levels, or holds itself */
export const boundedValue = <T>(value: T, levels: number = MAX_JSON_LEVELS): T => {
  if (nestsDeeper(value, levels)) throw new SyntaxError(`it nests deeper than ${levels} levels`);
  return value;
};

/** What a JSON text says, for functions that recurse over it; `JSON.parse` itself does not. @throws SyntaxError for what is no JSON, and for what nests deeper than `MAX_JSON_LEVELS` */
export const parseBoundedJson = (text: string): unknown => boundedValue(JSON.parse(text) as unknown);
