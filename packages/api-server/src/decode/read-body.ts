import { MAX_JSON_LEVELS } from '@solo-kubelet/diagnostics/nesting';
import {
  decodeUtf8,
  goJsonError,
  type ManifestNode,
  type MapNode,
  nodeNestsDeeper,
  parseJson,
  readDocuments,
} from '@solo-kubelet/pod-spec/schema';

/** In which of the languages that an API server reads a body is written. */
export type BodyLanguage = 'json' | 'yaml';

/** A body as a tree, or the words of Go for why it is none. */
export type BodyTree =
  | { readonly ok: true; readonly root: ManifestNode; readonly doubled: readonly string[] }
  | { readonly ok: false; readonly message: string };

const readJson = (bytes: Uint8Array): BodyTree => {
  try {
    const root = parseJson(decodeUtf8(bytes));
    if (nodeNestsDeeper(root, MAX_JSON_LEVELS)) return { ok: false, message: `couldn't get version/kind; json parse error: ${TOO_DEEP}` };
    return { ok: true, root, doubled: [] };
  } catch (error) {
    const text = decodeUtf8(bytes);
    const isBroken = text.trimStart().startsWith('\ufffd') && bytes[0]! >= 0x80;
    // Go looks at bytes: one that begins no character stands for itself in its message.
    const problem = isBroken ? `invalid character '${shownByte(bytes[0]!)}' looking for beginning of value` : goJsonError(text);
    if (problem === undefined && !(error instanceof Error)) throw error;
    return { ok: false, message: `couldn't get version/kind; json parse error: ${problem ?? ofLimit(error)}` };
  }
};

/** A byte of no character as Go prints the character of its number: what cannot be seen is escaped. */
const shownByte = (byte: number): string => (byte <= 0xa0 || byte === 0xad ? `\\u00${byte.toString(16)}` : String.fromCharCode(byte));

/** Where upstream reads 10,000 levels: what comes after may recurse. */
const TOO_DEEP = `exceeded max depth of ${MAX_JSON_LEVELS}`;

/** The words for what Go would have read, but is too much here. */
const ofLimit = (error: unknown): string =>
  error instanceof Error && error.message.startsWith('more than ') ? error.message : 'exceeded max depth';

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Keys of mappings that stand there twice, as Go's YAML library tells of them. */
const doubledKeys = (root: ManifestNode, text: string): readonly string[] => {
  const found: { readonly at: number; readonly message: string }[] = [];
  const visit = (node: ManifestNode): void => {
    if (node.kind === 'scalar') return;
    if (node.kind === 'list') {
      for (const item of node.items) visit(item);
      return;
    }
    for (const { key, keyStart } of laterOnes(node)) {
      found.push({ at: keyStart, message: `line ${lineOf(text, keyStart)}: key ${JSON.stringify(key)} already set in map` });
    }
    for (const { value } of node.entries) visit(value);
  };
  visit(root);
  return found.sort((a, b) => a.at - b.at).map(({ message }) => message);
};

/** Of entries with one key all but the first. */
const laterOnes = ({ entries, replaced = [] }: MapNode): readonly { readonly key: string; readonly keyStart: number }[] => {
  if (replaced.length === 0) return [];
  const all = [...replaced, ...entries].sort((a, b) => a.keyStart - b.keyStart);
  const seen = new Set<string>();
  return all.filter(({ key }) => seen.size === seen.add(key).size);
};

const readYaml = (bytes: Uint8Array): BodyTree => {
  const { documents, text, tooLarge } = readDocuments(bytes, { first: true, language: 'yaml' });
  if (tooLarge) return { ok: false, message: 'yaml: document is too large' };
  const [document] = documents;
  if (document === undefined) return { ok: false, message: 'yaml: no document' };
  if (document.problem !== undefined)
    return { ok: false, message: yamlWords(document.problem.message, text, document.problem.start, bytes) };
  const { root } = document;
  if (root === undefined) return { ok: false, message: 'yaml: no document' };
  if (nodeNestsDeeper(root, MAX_JSON_LEVELS)) return { ok: false, message: `yaml: ${TOO_DEEP}` };
  return { ok: true, root, doubled: doubledKeys(root, text) };
};

/** As Go's YAML library says it. */
const yamlWords = (message: string, text: string, start: number, bytes: Uint8Array): string => {
  if (message === 'invalid UTF-8') return `yaml: ${utf8Problem(bytes)}`;
  if (message === 'control characters are not allowed') return `yaml: ${message}`;
  // Its scanner says nothing of the first line, its parser nothing of where an anchor is asked for that nobody set.
  const line = lineOf(text, start);
  const isOfParser = message.startsWith('did not find expected ');
  return (line === 1 && !isOfParser) || message.startsWith('unknown anchor ') ? `yaml: ${message}` : `yaml: line ${line}: ${message}`;
};

/** What is wrong with the first byte that belongs to no character. */
const utf8Problem = (bytes: Uint8Array): string => {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const width = lead < 0x80 ? 1 : (lead & 0xe0) === 0xc0 ? 2 : (lead & 0xf0) === 0xe0 ? 3 : (lead & 0xf8) === 0xf0 ? 4 : 0;
    if (width === 0) return 'invalid leading UTF-8 octet';
    if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence';
    for (let i = 1; i < width; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 'invalid trailing UTF-8 octet';
    at += width;
  }
  return 'invalid Unicode character';
};

export const readBody = (bytes: Uint8Array, language: BodyLanguage): BodyTree => (language === 'json' ? readJson(bytes) : readYaml(bytes));
