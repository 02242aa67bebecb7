import { displayWidth, graphemes } from './display-width.js';
import { withoutControls } from './without-controls.js';

const GAP = 3;

export interface TableOptions {
  /** Leave out the line of column names. */
  readonly noHeaders?: boolean;
  /** Cut lines to this many columns; undefined: never. */
  readonly maxWidth?: number;
}

/**
 * A table as kubectl prints it: upper-case names, columns as wide as their widest cell, three spaces between, nothing after the last.
 * A cell ends at its first line break, and cannot steer the terminal: what a container wrote may stand in it.
 */
export const formatTable = (
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { noHeaders = false, maxWidth }: TableOptions = {},
): string => {
  const lines = (noHeaders ? rows : [columns, ...rows]).map((line) => line.map(oneLine));
  const widths = columns.map((_, index) => Math.max(0, ...lines.map((line) => displayWidth(line[index] ?? ''))));
  return lines
    .map((line) => {
      const text = line
        .map((cell, index) => (index === line.length - 1 ? cell : cell + ' '.repeat(widths[index]! - displayWidth(cell) + GAP)))
        .join('');
      return `${maxWidth === undefined ? text : cutToWidth(text, maxWidth)}\n`;
    })
    .join('');
};

const oneLine = (cell: string): string => {
  const end = cell.search(/[\f\n\r]/);
  return withoutControls(end < 0 ? cell : `${cell.slice(0, end)}...`);
};

const cutToWidth = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text;
  let cut = '';
  for (const grapheme of graphemes(text)) {
    if (displayWidth(cut + grapheme) > width - 1) break;
    cut += grapheme;
  }
  return `${cut}…`;
};
