import { jsonText } from '../respond/object-json.js';

/** The text of values whose form is anybody's (runtime.RawExtension), as it was sent. */
const texts = new WeakMap<object, string>();

export const rememberText = (value: unknown, text: string): void => {
  if (typeof value === 'object' && value !== null && text !== '') texts.set(value, text);
};

/** Upstream keeps such values as text and compares that, blanks and all. What was not read from a text has none. */
export const isSameText = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);

const textOf = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? texts.get(value) : undefined) ?? jsonText(value) ?? '';
