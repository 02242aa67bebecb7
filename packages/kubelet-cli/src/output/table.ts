import { withoutControls } from '@solo-kubelet/diagnostics/text';
import { displayWidth, graphemes } from './display-width.js';

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
export const formatTable = (columns: readonly string[], rows: readonly (readonly string[])[], options: TableOptions = {}): string =>
  growingTable(columns, options)(rows);

/** A table that comes in parts: the column names stand before the first, and no part's columns are narrower than those before it. */
export const growingTable = (
  columns: readonly string[],
  { noHeaders = false, maxWidth }: TableOptions = {},
): ((rows: readonly (readonly string[])[]) => string) => {
  const widths = columns.map(() => 0);
  let header = noHeaders ? [] : [columns];
  return (rows) => {
    const lines = [...header, ...rows].map((line) => line.map(oneLine));
    header = [];
    for (const line of lines) for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
    return lines
      .map((line) => {
        const text = line
          .map((cell, index) => cell + ' '.repeat(widths[index]! - displayWidth(cell) + GAP))
          .join('')
          .trimEnd();
        return `${maxWidth === undefined ? text : cutToWidth(text, maxWidth)}\n`;
      })
      .join('');
  };
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
