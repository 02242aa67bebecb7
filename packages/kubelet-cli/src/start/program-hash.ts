const LENGTH = 64;
const LINE = new RegExp(`^//([0-9a-f]{${LENGTH}})\n$`);

/** How long the first line of a program's file is, characters. */
export const HASH_LINE_LENGTH = LENGTH + 3;

/** The first line of a program's file: the sha256 of all that follows, in hex, so that nobody has to work it out at every start. */
export const hashLine = (sha256: string): string => `//${sha256}\n`;

/** The hash that a program's file begins with; undefined for another file. */
export const hashOf = (text: string): string | undefined => LINE.exec(text.slice(0, HASH_LINE_LENGTH))?.[1];
