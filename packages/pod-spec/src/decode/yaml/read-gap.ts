import { isBlank, isBreak } from './characters.js';
import { at, readLine, type YamlCursor } from './cursor.js';

/** Blanks and line breaks between two words of a scalar that may span lines, and what is left of them in its value. */
export interface Gap {
  /** Blanks of the first line; lost when the line ends. */
  blanks: string;
  leadingBreak: string;
  trailingBreaks: string;
  /** Whether a line has ended. */
  folded: boolean;
}

export const noGap = (): Gap => ({ blanks: '', leadingBreak: '', trailingBreaks: '', folded: false });

/** Reads on in a gap up to the next word. `checkBlank`: told each blank before it is stepped over. */
export const readGap = (cursor: YamlCursor, gap: Gap, checkBlank?: () => void): void => {
  for (let c = at(cursor); isBlank(c) || isBreak(c); c = at(cursor)) {
    if (isBlank(c)) {
      checkBlank?.();
      if (!gap.folded) gap.blanks += cursor.text[cursor.pos];
      cursor.pos += 1;
    } else if (gap.folded) gap.trailingBreaks += readLine(cursor);
    else {
      gap.blanks = '';
      gap.leadingBreak = readLine(cursor);
      gap.folded = true;
    }
  }
};

/** What a gap is in the value: one line break becomes a space, more of them one less. */
export const foldGap = ({ blanks, leadingBreak, trailingBreaks, folded }: Gap): string => {
  if (!folded) return blanks;
  if (leadingBreak === '\n') return trailingBreaks === '' ? ' ' : trailingBreaks;
  return leadingBreak + trailingBreaks;
};
