import { eastAsianWidth } from 'get-east-asian-width';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Made when the first text needs it: that takes as long as all else of a small table. */
let emoji: RegExp | undefined;
const isEmoji = (grapheme: string): boolean => {
  // biome-ignore lint/complexity/useRegexLiterals: the compiler takes the v flag only for ES2024, Node.js 20 has it
  emoji ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return emoji.test(grapheme);
};
/** Marks, joiners, controls: what a terminal shows in the cell of what stands before it, or not at all. */
const WITHOUT_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}\p{Surrogate}]/u;

/** The characters of a text as a reader counts them. */
export const graphemes = (text: string): Iterable<string> =>
  PRINTABLE_ASCII.test(text) ? text : Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

/** Columns that a text takes on a terminal. */
export const displayWidth = (text: string): number => {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme);
  return width;
};

const graphemeWidth = (grapheme: string): number => {
  if (isEmoji(grapheme)) return 2;
  return WITHOUT_WIDTH.test(grapheme) ? 0 : eastAsianWidth(grapheme.codePointAt(0)!);
};
