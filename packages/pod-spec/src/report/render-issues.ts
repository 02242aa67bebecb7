import { displayText } from '../decode/read-text.js';
import type { PodSpecIssue } from '../parse/pod-spec-issue.js';
import { visibleText } from './visible-text.js';

export interface RenderOptions {
  /** Use ANSI colours. Default false. */
  readonly color?: boolean;
}

/** Columns of an excerpt; a longer line is cut around the place. */
const excerptWidth = 120;

const paint = (codes: string, text: string, color: boolean): string => (color ? `\u001b[${codes}m${text}\u001b[0m` : text);

const excerpt = (lines: readonly string[], issue: PodSpecIssue, color: boolean): readonly string[] => {
  const whole = lines[issue.line - 1];
  if (whole === undefined) return [];
  const from = Math.max(0, issue.column - 1 - excerptWidth / 2);
  const text = whole.slice(from, from + excerptWidth).replaceAll('\t', ' ');
  const shown = visibleText(text);
  const column = issue.column - 1 - from;
  const end = issue.endLine === issue.line ? issue.endColumn - 1 - from : text.length;
  const carets = '^'.repeat(Math.max(1, Math.min(end, text.length) - column));
  const number = String(issue.line);
  const margin = ' '.repeat(number.length);
  const caretColor = issue.severity === 'error' ? '31' : '33';
  return [
    `  ${paint('2', `${number} |`, color)} ${shown}`,
    `  ${paint('2', `${margin} |`, color)} ${' '.repeat(column)}${paint(caretColor, carets, color)}`,
    ...(issue.hint === '' ? [] : [`  ${paint('2', `${margin} =`, color)} ${paint('36', 'hint', color)}: ${visibleText(issue.hint)}`]),
  ];
};

/** Issues for people: each with its place, the line it stands in, and a caret under the value at fault. Nothing of the manifest steers the terminal. */
export const renderIssues = (
  issues: readonly PodSpecIssue[],
  source: string | Uint8Array,
  { color = false }: RenderOptions = {},
): string => {
  const lines = displayText(source).split(/\r\n|\n|\r/);
  return issues
    .map((issue) => {
      const place = paint('1', `${visibleText(issue.path)}:${issue.line}:${issue.column}`, color);
      const severity = paint(issue.severity === 'error' ? '31' : '33', issue.severity, color);
      const field = issue.type === '' && issue.field !== '' ? `${issue.field}: ` : '';
      return [`${place}: ${severity}: ${visibleText(`${field}${issue.message}`)}`, ...excerpt(lines, issue, color)].join('\n');
    })
    .join('\n\n');
};
