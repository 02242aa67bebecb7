import type { ManifestNode } from '../decode/node.js';

export interface SourceRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Turns offsets of a text into lines and columns, both from 1. */
export const createLineIndex = (text: string): ((start: number, end: number) => SourceRange) => {
  let starts: number[] | undefined;
  const place = (offset: number): { line: number; column: number } => {
    if (starts === undefined) {
      starts = [0];
      for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
  return (start, end) => {
    const from = place(Math.min(start, text.length));
    const to = place(Math.min(Math.max(end, start), text.length));
    return { ...from, endLine: to.line, endColumn: to.column };
  };
};

interface PathStep {
  readonly text: string;
  readonly bracket: boolean;
}

const nameForm = /[^.[\]]+/y;

/** The steps of a field path: names, and what stands in brackets, which may hold dots. */
export const splitPath = (field: string): readonly PathStep[] => {
  const steps: PathStep[] = [];
  const lastClose = field.lastIndexOf(']');
  for (let at = 0; at < field.length; ) {
    if (field[at] === '[' && at < lastClose) {
      const close = field.indexOf(']', at);
      steps.push({ text: field.slice(at + 1, close), bracket: true });
      at = close + 1;
      continue;
    }
    nameForm.lastIndex = at;
    const [text = ''] = nameForm.exec(field) ?? [];
    if (text !== '') steps.push({ text, bracket: false });
    at += Math.max(1, text.length);
  }
  return steps;
};

/**
 * The place of a field's value. Where the manifest has no such field (it was required, or is a default), the nearest one above it that is
 * there: of a map or list only its key is meant.
 */
export const locateField = (root: ManifestNode, field: string): { readonly start: number; readonly end: number } => {
  let node = root;
  let range: { start: number; end: number } = { start: root.start, end: root.start };
  for (const { text, bracket } of splitPath(field)) {
    if (node.kind === 'list') {
      const item = bracket ? node.items[Number(text)] : undefined;
      if (item === undefined) break;
      node = item;
      range = item.kind === 'scalar' ? item : { start: item.start, end: item.start + 1 };
      continue;
    }
    const entry = node.kind === 'map' ? node.entries.findLast(({ key }) => key === text) : undefined;
    if (entry === undefined) break;
    node = entry.value;
    const isEmpty = node.kind === 'scalar' && node.end <= node.start;
    range = node.kind === 'scalar' && !isEmpty ? node : { start: entry.keyStart, end: entry.keyEnd };
  }
  return { start: range.start, end: range.end };
};
