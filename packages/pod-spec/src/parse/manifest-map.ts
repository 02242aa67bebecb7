import type { ManifestNode } from '../decode/node.js';
import { readDocuments } from './read-documents.js';
import { createLineIndex, locateField, type SourceRange } from './source-map.js';

/** A field of a document. */
export interface ManifestField {
  /** Counts the documents of the text, from 0. */
  readonly document: number;
  /** E.g. `spec.containers[0].image`; empty for the document as a whole. */
  readonly field: string;
}

/** Where the fields of a manifest stand. */
export interface ManifestMap {
  /** The field whose name or value stands at a place, both from 1; undefined outside of every document, and in one that cannot be read. */
  fieldAt(line: number, column: number): ManifestField | undefined;
  /** Where a field's value stands, or the key of a list or map; of a field that is not there, the nearest one above it. Undefined for a document that is none. */
  rangeOf(field: ManifestField): SourceRange | undefined;
}

/** Maps places of a manifest to fields and back, for editors: what is under the cursor, and where a field of a Pod is written. Never throws. */
export const createManifestMap = (source: string | Uint8Array): ManifestMap => {
  const { documents, text } = readDocuments(source, { first: false });
  const place = createLineIndex(text);
  const starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((match) => match.index + match[0].length)];
  return {
    fieldAt: (line, column) => {
      const start = starts[line - 1];
      if (start === undefined || column < 1) return undefined;
      const offset = start + column - 1;
      const document = documents.findLastIndex(({ root, start: begin }) => root !== undefined && (root.start <= offset || begin <= offset));
      const root = documents[document]?.root;
      return root === undefined || offset > text.length ? undefined : { document, field: fieldAtOffset(root, offset) };
    },
    rangeOf: ({ document, field }) => {
      const root = documents[document]?.root;
      if (root === undefined) return undefined;
      const { start, end } = locateField(root, field);
      return place(start, end);
    },
  };
};

/** A step of a path: a name with dots, slashes or brackets stands in brackets, as in the fields of issues. */
const step = (path: string, key: string): string => (/[.[\]/]/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);

/** The innermost field whose key or value holds an offset. What stands behind a value still belongs to it until the next one begins. */
const fieldAtOffset = (root: ManifestNode, offset: number): string => {
  let path = '';
  let node = root;
  for (;;) {
    if (node.kind === 'list') {
      const index = node.items.findLastIndex(({ start }) => start <= offset);
      const item = node.items[index];
      if (item === undefined || offset > lastOf(item)) return path;
      path = `${path}[${index}]`;
      node = item;
      continue;
    }
    if (node.kind === 'scalar') return path;
    const entry = node.entries
      .filter(({ keyStart }) => keyStart <= offset)
      .reduce<(typeof node.entries)[number] | undefined>(
        (best, each) => (best === undefined || each.keyStart > best.keyStart ? each : best),
        undefined,
      );
    if (entry === undefined || offset > Math.max(entry.keyEnd, lastOf(entry.value))) return path;
    path = step(path, entry.key);
    if (offset < entry.value.start) return path;
    node = entry.value;
  }
};

/** The end of a node, which some parsers only know of what is in it. */
const lastOf = (root: ManifestNode): number => {
  let last = root.end;
  const left = [root];
  // Fields that nobody knows may nest too deep to recurse.
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    last = Math.max(last, node.end);
    if (node.kind === 'list') for (const item of node.items) left.push(item);
    if (node.kind === 'map') for (const { value } of node.entries) left.push(value);
  }
  return last;
};
