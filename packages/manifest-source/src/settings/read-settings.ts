import { describeError } from '@solo-kubelet/diagnostics';
import { yamlFault } from '@solo-kubelet/diagnostics/nesting';
import { isMap, Lexer, LineCounter, Parser, parseAllDocuments, type YAMLMap } from 'yaml';
import type { Tell } from './setting-fields.js';

/** What is wrong with a file of settings, and where. */
export interface SettingsIssue {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Such as `spec.url`; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
}

export const formatSettingsIssue = ({ path, line, column, field, message }: SettingsIssue): string =>
  `${path}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`;

export type ReadSettings<T> =
  | { readonly ok: true; readonly value: T }
  /** At least one. */
  | { readonly ok: false; readonly issues: readonly SettingsIssue[] };

export interface ReadSettingsOptions<T> {
  /** For the places of issues. */
  readonly path: string;
  /** Such as `an AdmissionPolicy of solo-kubelet.dev/v1alpha1`. */
  readonly want: string;
  /** Why a second document is refused. */
  readonly single: string;
  /** Reads the one mapping that the file is; undefined only where it has told why. */
  readonly read: (root: YAMLMap, tell: Tell) => T | undefined;
}

/** Reads the one document of a file of settings, such as a ManifestSource, with the place of everything that is wrong with it. Never throws. */
export const readSettings = <T>(text: string, { path, want, single, read }: ReadSettingsOptions<T>): ReadSettings<T> => {
  const fault = yamlFault(text, { Lexer, Parser });
  if (fault) return { ok: false, issues: [{ path, line: fault.line, column: fault.column, field: '', message: fault.message }] };
  const lines = new LineCounter();
  const issues: SettingsIssue[] = [];
  const tell: Tell = (offset, field, message) => {
    const { line, col } = lines.linePos(offset);
    issues.push({ path, line: Math.max(1, line), column: Math.max(1, col), field, message });
  };
  let value: T | undefined;
  try {
    const [document, more] = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
    const syntax = document?.errors[0];
    if (syntax) tell(syntax.pos[0], '', syntax.message.split('\n', 1)[0] ?? 'it is no YAML');
    else if (document === undefined || !isMap(document.contents)) tell(0, '', `want ${want}`);
    else if (more !== undefined) tell(more.range[0], '', single);
    else value = read(document.contents, tell);
  } catch (error) {
    tell(0, '', `it can not be read: ${describeError(error)}`);
  }
  return value !== undefined && issues.length === 0 ? { ok: true, value } : { ok: false, issues };
};
