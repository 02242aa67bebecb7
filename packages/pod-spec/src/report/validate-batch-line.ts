import { type ParseUrlResult, parsePod, parseUrlManifest } from '../parse/parse-pod.js';
import type { PodSpecIssue } from '../parse/pod-spec-issue.js';
import { losslessJson } from './lossless-json.js';
import { printablePod } from './print-pod.js';

/** One manifest to judge. */
export interface BatchRecord {
  readonly id?: unknown;
  readonly manifest?: unknown;
  /** The manifest's bytes, where they are not UTF-8 text. */
  readonly manifestBase64?: unknown;
  /** `url` for a body fetched from a URL; else a file. */
  readonly source?: unknown;
}

/** The node's name where none is given. */
const defaultNodeName = 'node1';

/** The broken rules among issues, as records have them. */
export const fieldErrors = (issues: readonly PodSpecIssue[]) =>
  issues
    .filter(({ type }) => type !== '')
    .map(({ type, field, badValue, detail, message }) => ({
      type,
      field,
      badValue: typeof badValue === 'object' ? '' : badValue,
      detail,
      message,
    }));

const refused = (message: string) => ({ ok: false, errors: [], apiRef: '', message });

/** The text of a record; undefined if it has none. */
export const manifestOf = ({ manifest, manifestBase64 }: BatchRecord): string | Uint8Array | undefined => {
  if (typeof manifest === 'string') return manifest;
  if (typeof manifestBase64 !== 'string') return undefined;
  try {
    return Uint8Array.from(atob(manifestBase64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const answer = (result: ParseUrlResult, isUrl: boolean) => {
  if (!result.ok) {
    const { issues, apiRef, message, pod } = result;
    const errors = fieldErrors(issues);
    return {
      ok: false,
      errors,
      apiRef,
      message: errors.length > 0 ? '' : message,
      ...(apiRef !== '' && pod && { pod: printablePod(pod) }),
    };
  }
  const pods = result.pods.map(printablePod);
  return { ok: true, errors: [], apiRef: '', message: '', ...(isUrl && result.list ? { pods } : { pod: pods[0] }) };
};

const judge = (record: BatchRecord, nodeName: string) => {
  const source = manifestOf(record);
  if (source === undefined) return refused('the record has no manifest');
  const path = String(record.id ?? '');
  if (record.source === 'url') return answer(parseUrlManifest(source, { path, nodeName }), true);
  const result = parsePod(source, { path, nodeName });
  return answer(result.ok ? { ok: true, list: false, pods: [result.pod], warnings: result.warnings } : result, false);
};

/** Judges one line of a batch (`{"id", "manifest"}` as JSON) and answers with one line of JSON. Never throws. */
export const validateBatchLine = (line: string, { nodeName = defaultNodeName }: { readonly nodeName?: string } = {}): string => {
  const record = readBatchRecord(line);
  return losslessJson(typeof record === 'string' ? { id: '', ...refused(record) } : { id: record.id ?? '', ...judge(record, nodeName) });
};

/** The record of a line, or why there is none. */
export const readBatchRecord = (line: string): BatchRecord | string => {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('not a map');
    return parsed;
  } catch (error) {
    return `the line is not a record: ${error instanceof Error ? error.message : String(error)}`;
  }
};
