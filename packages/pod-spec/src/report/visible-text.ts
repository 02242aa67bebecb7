const DELETE = 0x7f;

/**
 * A text in which every control character but tabs and line breaks is shown by its picture (U+2400 and on), so that none steers a terminal. Each stays one
 * column wide: carets below an excerpt point where they should. C1 controls have no pictures and become U+FFFD.
 */
export const visibleText = (text: string): string =>
  text.replace(/(?![\t\n])\p{Control}/gu, (control) => {
    const code = control.charCodeAt(0);
    return code > DELETE ? '\ufffd' : code === DELETE ? '\u2421' : String.fromCharCode(0x2400 + code);
  });
