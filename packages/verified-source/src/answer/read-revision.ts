import { isRecord } from '@solo-kubelet/diagnostics/json';
import { yamlFault } from '@solo-kubelet/diagnostics/nesting';
import { isNode, Lexer, Parser, parseDocument, visit } from 'yaml';
import { readSourceImages } from '../core/images/source-image.js';
import type { SourceRevision } from '../core/source-revision.js';
import { readPublishedRollout } from '../rollout/read-published-rollout.js';

const REVISION_KIND = 'SourceRevision';

type ReadRevision =
  /** `body`: the answer with that document blanked out, so that lines keep their numbers. */
  | { readonly ok: true; readonly revision: SourceRevision | undefined; readonly body: Uint8Array }
  /** `line`: of the answer, from 1, where what is wrong stands. */
  | { readonly ok: false; readonly message: string; readonly line: number };

/** The first document is looked for within so many bytes. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Takes the `SourceRevision` off an answer. Only the first document may be one; further down it is a kind that nobody knows. */
export const readRevision = (answer: Uint8Array): ReadRevision => {
  const head = new TextDecoder().decode(answer.subarray(0, MAX_HEAD_BYTES));
  const start = /^(?:[ \t]*(?:#[^\n]*|%[^\n]*)?\r?\n)*(?:---[ \t]*(?:#[^\n]*)?\r?\n)?/.exec(head)?.[0].length ?? 0;
  const end = /^(?:---(?:[ \t\r]|$)|\.\.\.)/m.exec(head.slice(start));
  const text = end === null ? head.slice(start) : head.slice(start, start + end.index);
  if (!/^kind:[ \t]*["']?SourceRevision["']?[ \t]*(?:#.*)?\r?$/m.test(text)) return { ok: true, revision: undefined, body: answer };
  const read = readDocument(text);
  if (typeof read === 'string') {
    const before = head.slice(0, start).split('\n').length - 1;
    return { ok: false, message: `${REVISION_KIND}: ${read}`, line: before + lineOf(text, read) };
  }
  if (end === null && answer.length > MAX_HEAD_BYTES)
    return { ok: false, message: `${REVISION_KIND}: it has more than ${MAX_HEAD_BYTES} bytes`, line: 1 };
  // Bytes, not characters: what is blanked keeps its place in the text.
  const [from, to] = [byteLength(head.slice(0, start)), byteLength(head.slice(0, start + text.length))];
  const body = Uint8Array.from(answer);
  for (let at = from; at < to; at += 1) if (body[at] !== 0x0a && body[at] !== 0x0d) body[at] = 0x20;
  return { ok: true, revision: read, body };
};

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

const FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'spec']);
const SPEC_FIELDS: ReadonlySet<string> = new Set(['revision', 'expires', 'source', 'rollbackFrom', 'rollout', 'images']);

/** The line of a document, from 1, on which the field stands that a message begins with, such as `spec.images[1].digest: …`, or what is there of the way to it. */
const lineOf = (text: string, message: string): number => {
  const fault = yamlFault(text, { Lexer, Parser });
  if (fault) return fault.line;
  const document = parseDocument(text);
  const way = (message.split(':', 1)[0] ?? '').split(/[.[\]]+/).filter((part) => part !== '');
  for (let length = way.length; length > 0; length -= 1) {
    const found: unknown = document.getIn(
      way.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
      true,
    );
    const at = isNode(found) ? found.range?.[0] : undefined;
    if (at !== undefined) return text.slice(0, at).split('\n').length;
  }
  return 1;
};

const readDocument = (text: string): SourceRevision | string => {
  const fault = yamlFault(text, { Lexer, Parser });
  if (fault) return fault.message;
  const document = parseDocument(text, { uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) return error.message.split('\n', 1)[0] ?? 'it is no YAML';
  let aliased = false;
  visit(document, {
    Alias: () => {
      aliased = true;
    },
  });
  if (aliased) return 'it may not have aliases';
  const root: unknown = document.toJS();
  if (!isRecord(root) || root['apiVersion'] !== 'solo-kubelet.dev/v1alpha1') return 'apiVersion: want solo-kubelet.dev/v1alpha1';
  const { spec } = root;
  if (!isRecord(spec)) return 'spec: want a mapping with spec.revision';
  const unknown = [...Object.keys(root).filter((name) => !FIELDS.has(name)), ...Object.keys(spec).filter((name) => !SPEC_FIELDS.has(name))];
  if (unknown[0] !== undefined) return `${unknown[0]}: there is no such field`;
  const { revision, expires, source, rollbackFrom, rollout, images } = spec;
  if (!isCount(revision)) return 'spec.revision: want a whole number from 0';
  if (rollbackFrom !== undefined && !isCount(rollbackFrom)) return 'spec.rollbackFrom: want a whole number from 0';
  if (source !== undefined && typeof source !== 'string') return 'spec.source: want the name of a source';
  const expiresMs = expires === undefined ? undefined : typeof expires === 'string' ? readTime(expires) : Number.NaN;
  if (expiresMs !== undefined && Number.isNaN(expiresMs)) return 'spec.expires: want a time such as 2027-01-31T00:00:00Z';
  const published = rollout === undefined ? undefined : readPublishedRollout(rollout);
  if (typeof published === 'string') return published;
  const sourceImages = images === undefined ? [] : readSourceImages(images);
  if (typeof sourceImages === 'string') return sourceImages;
  return {
    revision,
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(source === undefined ? {} : { source }),
    ...(rollbackFrom === undefined ? {} : { rollbackFrom }),
    ...(published && { rollout: published }),
    ...(sourceImages.length > 0 && { images: sourceImages }),
  };
};

const readTime = (text: string): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
