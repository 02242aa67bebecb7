/**
 * A path as its bytes, one character each: file systems and archives hold names of any bytes, and text would lose those that are no UTF-8. Slashes and
 * dots are where they are in the text.
 */
export type BytePath = string;

export const bytePath = (text: string): BytePath => Buffer.from(text, 'utf8').toString('latin1');

/** What Node's file functions and archive headers take. */
export const pathBytes = (path: BytePath): Buffer => Buffer.from(path, 'latin1');

/** For messages: what is UTF-8 reads as it should. */
export const shownPath = (path: BytePath): string => pathBytes(path).toString('utf8');
