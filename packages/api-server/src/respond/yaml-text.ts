import { createRequire } from 'node:module';

const WIDTH = 80;
const HEADER = /: (?:[|>][-+0-9]*)$|- (?:[|>][-+0-9]*)$/;
/** What stands before a text on its line: dashes of lists, and a name. */
const START = /^( *)((?:- )*)((?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#][^#]*?): )?(?=\S)/;

/** Breaks a line of a plain or quoted text at the first space after the width, as Go's library does. */
const foldLine = (line: string): string => {
  if (line.length <= WIDTH) return line;
  const match = START.exec(line);
  if (match === null) return line;
  const [start, spaces = '', dashes = '', name = ''] = match;
  const text = line.slice(start.length);
  if (text.startsWith('{') || text.startsWith('[') || (name === '' && dashes === '')) return line;
  // What follows stands two to the right of where the name, or the last dash, begins.
  const indent = spaces.length + (name === '' ? dashes.length - 2 : dashes.length) + 2;
  const isDouble = text.startsWith('"');
  let column = start.length;
  let result = start;
  for (let i = 0; i < text.length; i++) {
    const isInside = i > 0 && i < text.length - 1 && text[i - 1] !== ' ';
    if (text[i] === ' ' && isInside && column > WIDTH && (isDouble || text[i + 1] !== ' ')) {
      result += `\n${' '.repeat(indent)}`;
      column = indent;
      if (isDouble && text[i + 1] === ' ') {
        result += '\\';
        column += 1;
      }
      continue;
    }
    result += text[i];
    column += 1;
  }
  return result;
};

/** Folds all texts but those of several lines, which stand as they are. */
const foldLines = (yaml: string): string => {
  let literal: number | undefined;
  return yaml
    .split('\n')
    .map((line) => {
      const indent = line.length - line.trimStart().length;
      if (literal !== undefined && (line.trim() === '' || indent > literal)) return line;
      literal = HEADER.test(line) ? indent : undefined;
      return literal === undefined ? foldLine(line) : line;
    })
    .join('\n');
};

let library: typeof import('yaml') | undefined;

/** The YAML library, which takes a quarter of the server's start to load: when the first answer is to be written in it. */
const yaml = (): typeof import('yaml') => {
  library ??= createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return library;
};

/** YAML text as Kubernetes writes it: keys in order, lists not indented, long texts folded at spaces. */
export const yamlText = (value: unknown): string =>
  foldLines(
    yaml().stringify(value, {
      sortMapEntries: true,
      lineWidth: 0,
      indentSeq: false,
      singleQuote: true,
      version: '1.1',
      aliasDuplicateObjects: false,
    }),
  );
