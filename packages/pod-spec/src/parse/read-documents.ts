import { parseJson } from '../decode/json-parser.js';
import { type ManifestNode, SyntaxFailure, type SyntaxProblem } from '../decode/node.js';
import { decodeBinary, displayText, maxManifestBytes, readManifestText } from '../decode/read-text.js';
import { checkAliases } from '../decode/yaml/check-aliases.js';
import { createYamlParser } from '../decode/yaml/parser.js';
import type { RawNode } from '../decode/yaml/raw-node.js';
import { resolveDocument } from '../decode/yaml/resolve-document.js';
import { createYamlScanner } from '../decode/yaml/scanner.js';

/** One document of a manifest, as far as it could be read. */
export interface ManifestDocument {
  /** Where its first token stands. */
  readonly start: number;
  /** Absent if nothing could be made of it. */
  readonly root?: ManifestNode;
  /** Why it could not be read, or not to its end. */
  readonly problem?: SyntaxProblem;
}

export interface ManifestDocuments {
  /** The text that offsets count in. */
  readonly text: string;
  readonly documents: readonly ManifestDocument[];
  /** With `first`: where text that was not read begins. */
  readonly restStart?: number;
  readonly tooLarge?: true;
}

const nothing: ManifestNode = { kind: 'scalar', type: 'null', value: null, start: 0, end: 0 };

/** Turns what a parser throws into a problem; anything else is a fault of this program. */
const problemOf = (error: unknown): SyntaxProblem => {
  if (error instanceof SyntaxFailure) return error.problem;
  throw error;
};

const readJson = (text: string): ManifestDocument => {
  let partial: ManifestNode | undefined;
  const start = text.indexOf('{');
  const keep = (root: ManifestNode): void => {
    partial = root;
  };
  try {
    return { start, root: parseJson(text, keep) };
  } catch (error) {
    return { start, problem: problemOf(error), ...(partial && { root: partial }) };
  }
};

const resolvePartial = (raw: RawNode | undefined): ManifestNode | undefined => {
  try {
    return raw === undefined ? undefined : resolveDocument(raw, true);
  } catch {
    return undefined;
  }
};

const byteLength = (source: string | Uint8Array): number =>
  typeof source !== 'string'
    ? source.length
    : source.length * 3 <= maxManifestBytes
      ? source.length
      : new TextEncoder().encode(source).length;

/**
 * Reads the first document of a manifest, or all of them. Never throws; a document that cannot be read ends the list. `language` says what the text
 * is taken for; without it, what begins with a brace is JSON.
 */
export const readDocuments = (
  source: string | Uint8Array,
  { first, language }: { readonly first: boolean; readonly language?: 'json' | 'yaml' },
): ManifestDocuments => {
  if (byteLength(source) > maxManifestBytes) return { text: '', documents: [], tooLarge: true };
  const input = readManifestText(source, language);
  const text = displayText(source);
  if (input.language === 'json') return { text, documents: [readJson(input.text)] };
  const scanner = createYamlScanner(input.text, input.lineStartLoss);
  const parser = createYamlParser(scanner, decodeBinary);
  const documents: ManifestDocument[] = [];
  for (;;) {
    let start = documents.length === 0 ? 0 : input.text.length;
    try {
      start = scanner.peek().start;
      const document = parser.next();
      // The blocks of input were all read to get here: the unreadable one came first.
      if (document === undefined && input.problem !== undefined)
        return { text, documents: [...documents, { start, problem: input.problem }] };
      if (document === undefined) break;
      if (document.hasAlias) checkAliases(document.root!);
      documents.push({ start: document.start, root: resolveDocument(document.root!, document.hasAlias) });
      if (!first) continue;
      if (document.end >= input.text.length && input.problem !== undefined) return { text, documents: [{ start, problem: input.problem }] };
      const rest = scanner.peek();
      return rest.type === 'streamEnd' ? { text, documents } : { text, documents, restStart: rest.start };
    } catch (error) {
      const problem = input.problem !== undefined && stoppedAtEnd(error, input.text) ? input.problem : problemOf(error);
      const restIsBad = first && documents.length === 1;
      if (restIsBad) return { text, documents, restStart: problem.start };
      const root = resolvePartial(parser.partial());
      return { text, documents: [...documents, { start, problem, ...(root && { root }) }] };
    }
  }
  return { text, documents: documents.length > 0 || !first ? documents : [{ start: 0, root: nothing }] };
};

const stoppedAtEnd = (error: unknown, text: string): boolean => error instanceof SyntaxFailure && error.problem.end >= text.length;
