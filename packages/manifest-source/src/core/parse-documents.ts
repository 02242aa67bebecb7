import type { ParseResult, Pod } from '@solo-kubelet/pod-spec';
import { type ManifestSourceKind, type ParseManifest, podKeyOf } from '../manifest-event.js';
import type { ParsedDocument } from './assign-documents.js';
import { problemOf } from './slot.js';

export interface ParseContext {
  readonly parse: ParseManifest;
  readonly nodeName: string;
  readonly source: ManifestSourceKind;
}

/** Every document of a manifest text; a text that says nothing at all is one bad document, an explicitly empty list is none. */
export const parseDocuments = (text: Uint8Array, path: string, nowMs: number, context: ParseContext): readonly ParsedDocument[] => {
  if (saysNothing(text)) return [{ type: 'bad', podKey: undefined, problem: problemOf(`${path}: there is no Pod in it`) }];
  const { documents, emptyList } = parseSafely(text, path, context);
  if (emptyList === true) return [];
  return documents.map(({ index, result }) => toDocument(result, text, index, nowMs));
};

const parseSafely = (text: Uint8Array, path: string, { parse, nodeName, source }: ParseContext): ReturnType<ParseManifest> => {
  try {
    return parse(text, { path, nodeName, source: source === 'file' ? 'file' : 'url' });
  } catch (error) {
    const message = `${path}: cannot be parsed: ${error instanceof Error ? error.message : String(error)}`;
    return { documents: [{ index: 0, line: 1, result: { ok: false, issues: [], apiRef: '', message } }] };
  }
};

const toDocument = (result: ParseResult, text: Uint8Array, index: number, nowMs: number): ParsedDocument => {
  if (!result.ok) {
    const { issues, apiRef, pod } = result;
    return { type: 'bad', problem: { issues, apiRef, message: summary(result) }, podKey: pod?.metadata?.name ? podKeyOf(pod) : undefined };
  }
  const { pod, warnings } = result;
  const good = { pod, warnings, podKey: podKeyOf(pod), fingerprint: fingerprintOf(pod), text, index, claimedAtMs: nowMs };
  return { type: 'good', good };
};

const fingerprintOf = (pod: Pod): string => JSON.stringify(pod, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));

/** The refusal in one line, with the place of the first thing wrong. */
const summary = ({ issues, message }: ParseResult & { ok: false }): string => {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  if (first === undefined) return message;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${first.path}:${first.line}:${first.column}: ${message || first.message}${more}`;
};

/** True for nothing but white space, comments and document markers. */
const saysNothing = (text: Uint8Array): boolean => {
  if (text.length > 65_536) return false;
  return new TextDecoder()
    .decode(text)
    .split('\n')
    .every((line) => /^\s*(#.*|---\s*(#.*)?|\.\.\.\s*)?$/.test(line));
};

/** False for a text that may go on: YAML whose last line has no end. JSON that is cut off does not parse, so it needs no such care. */
export const looksComplete = (text: Uint8Array): boolean => {
  const first = text.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b || text.at(-1) === 0x0a;
};
