/**
 * A JSON or YAML text in which DEL and the C1 controls, which some terminals obey, are written as escapes. Other control characters are escaped by the
 * writers of both languages already; a YAML text with any of these is in double quotes, where the same escapes hold.
 */
export const escapeDocument = (text: string): string =>
  text.replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
