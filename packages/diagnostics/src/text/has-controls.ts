/** Whether a text has a control character of ASCII, such as a line break, an escape or a zero: no name, path or key of anything has one. */
export const hasControls = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\x00-\x1f\x7f]/.test(text);
