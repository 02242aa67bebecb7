/** Character codes and classes of YAML 1.1; 0 stands for the end of the text. */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const code = (character: string): number => character.charCodeAt(0);

export const QUOTE = code('"');
export const APOSTROPHE = code("'");
export const HASH = code('#');
export const COLON = code(':');
export const DASH = code('-');
export const BACKSLASH = code('\\');

export const isBlank = (c: number): boolean => c === SPACE || c === TAB;
export const isBreak = (c: number): boolean => c === LF || c === CR || c === 0x85 || c === 0x2028 || c === 0x2029;
export const isEnd = (c: number): boolean => c === 0;
export const isBreakOrEnd = (c: number): boolean => isBreak(c) || c === 0;
export const isBlankOrEnd = (c: number): boolean => isBlank(c) || isBreak(c) || c === 0;
export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
/** What names of anchors, directives and tag handles are made of. */
export const isWord = (c: number): boolean => isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 45;

/** Those that cannot begin a plain scalar where a token begins. */
export const indicators: ReadonlySet<number> = new Set([...'-?:,[]{}#&*!|>\'"%@`'].map(code));
/** Those that end a plain scalar between brackets or braces. */
export const flowIndicators: ReadonlySet<number> = new Set([...',?[]{}'].map(code));
