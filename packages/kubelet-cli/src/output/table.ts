import stringWidth from 'string-width';

const GAP = 3;

export interface TableOptions {
  /** Leave out the line of column names. */
  readonly noHeaders?: boolean;
  /** Cut lines to this many columns; undefined: never. */
  readonly maxWidth?: number;
}

/** A table as kubectl prints it: upper-case names, columns as wide as their widest cell, three spaces between, nothing after the last. */
export const formatTable = (
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { noHeaders = false, maxWidth }: TableOptions = {},
): string => {
  const lines = noHeaders ? rows : [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(0, ...lines.map((line) => stringWidth(line[index] ?? ''))));
  return lines
    .map((line) => {
      const text = line
        .map((cell, index) => (index === line.length - 1 ? cell : cell + ' '.repeat(widths[index]! - stringWidth(cell) + GAP)))
        .join('');
      return `${maxWidth === undefined ? text : cutToWidth(text, maxWidth)}\n`;
    })
    .join('');
};

const cutToWidth = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
};
