import type { FieldChange } from './diff-pods.js';

/** One changed field as lines of text: both values on one line, or, of texts of several lines, those that differ. */
export const describeChange = ({ field, before, after }: FieldChange): string => {
  // Values that may be secrets: that they changed is told, not what they are.
  if (field.includes('.env[') && field.endsWith('].value')) return `  ${field}: changed\n`;
  if (typeof before === 'string' && typeof after === 'string' && (before + after).trimEnd().includes('\n')) {
    return `  ${field}:\n${differingLines(before.split('\n'), after.split('\n')).join('')}`;
  }
  return `  ${field}: ${shown(before)} -> ${shown(after)}\n`;
};

const shown = (value: unknown): string => (value === undefined ? '<none>' : typeof value === 'string' ? value : JSON.stringify(value));

/** What lies between the lines that both begin and end with. */
const differingLines = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const marked = (mark: string, lines: readonly string[]) => lines.slice(start, lines.length - end).map((line) => `    ${mark} ${line}\n`);
  return [...marked('-', before), ...marked('+', after)];
};
