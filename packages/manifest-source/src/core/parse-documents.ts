import { type ApiObject, type MixedObject, type ObjectResult, objectKey } from '@solo-kubelet/object-spec';
import type { ParseResult, Pod, PodSpecIssue } from '@solo-kubelet/pod-spec';
import { type ManifestSourceKind, type ParsedManifestDocument, type ParseManifest, podKeyOf } from '../manifest-event.js';
import type { ParsedDocument } from './assign-documents.js';
import { concealIssue, SEALED_REFUSED } from './conceal-issue.js';
import { objectUid } from './object-uid.js';
import { type GoodVersion, problemOf } from './slot.js';

export interface ParseContext {
  readonly parse: ParseManifest;
  readonly nodeName: string;
  readonly source: ManifestSourceKind;
  /** The identity of an object that is not known yet, by its key. Default: one that follows from its name and the node's. */
  readonly uidOf?: (key: string) => string;
}

/**
 * Every document of a manifest text; a text that says nothing at all is one bad document, an explicitly empty list is none. `sealed`: what the text was
 * made from, where it is a secret.
 */
export const parseDocuments = (
  text: Uint8Array,
  path: string,
  nowMs: number,
  context: ParseContext,
  sealed?: Uint8Array,
): readonly ParsedDocument[] => {
  if (saysNothing(text)) return [{ type: 'bad', key: undefined, problem: problemOf(`${path}: there is no Pod in it`) }];
  if (isTooMuch(text)) return [{ type: 'bad', key: undefined, problem: problemOf(`${path}: ${TOO_MUCH}`) }];
  const kept: Pick<Place, 'text' | 'sealed'> = sealed === undefined ? { text } : { text: sealed, sealed: true };
  const { documents, emptyList } = parseSafely(text, path, context);
  if (emptyList === true) return [];
  return documents.map((document) => toDocument(document, { ...kept, index: document.index, claimedAtMs: nowMs }));
};

/** Bytes up to which a manifest may hold anything. What is larger takes seconds to read unless most of it is the values of a few objects (decision 200). */
const MAX_DENSE_BYTES = 1024 * 1024;
const MAX_LARGE_OBJECTS = 32;
const TOO_MUCH = `it has more than ${MAX_DENSE_BYTES} bytes and more than ${MAX_LARGE_OBJECTS} objects: split it into several files`;

const isTooMuch = (text: Uint8Array): boolean => {
  if (text.length <= MAX_DENSE_BYTES) return false;
  let objects = 0;
  for (const _kind of new TextDecoder().decode(text).matchAll(/\bkind["']?[ \t]*:/g)) {
    objects += 1;
    if (objects > MAX_LARGE_OBJECTS) return true;
  }
  return false;
};

const parseSafely = (text: Uint8Array, path: string, { parse, nodeName, source, uidOf }: ParseContext): ReturnType<ParseManifest> => {
  const identify = uidOf ?? ((key: string) => objectUid(key, nodeName));
  try {
    return parse(text, { path, nodeName, source: source === 'file' ? 'file' : 'url', uidOf: identify });
  } catch (error) {
    const message = `${path}: cannot be parsed: ${error instanceof Error ? error.message : String(error)}`;
    return { documents: [{ index: 0, line: 1, result: { ok: false, issues: [], apiRef: '', message } }] };
  }
};

type Place = Pick<GoodVersion, 'text' | 'sealed' | 'index' | 'claimedAtMs'>;

/** What may be said of a document: of a sealed one the places alone. */
const sayable = (issues: readonly PodSpecIssue[], { sealed }: Place): readonly PodSpecIssue[] =>
  sealed ? issues.map(concealIssue) : issues;

const toDocument = (document: ParsedManifestDocument, place: Place): ParsedDocument =>
  document.type === 'object' ? toObject(document, document.result, place) : toPod(document.result, place);

const toPod = (result: ParseResult, place: Place): ParsedDocument => {
  if (!result.ok) {
    const { apiRef, pod } = result;
    const issues = sayable(result.issues, place);
    const message = place.sealed ? SEALED_REFUSED : result.message;
    const key = pod?.metadata?.name ? podSlotKey(pod) : undefined;
    return { type: 'bad', problem: { issues, apiRef, message: summary(issues, message) }, key };
  }
  const { pod } = result;
  const warnings = sayable(result.warnings, place);
  const content = fingerprintOf(pod);
  return { type: 'good', good: { asked: { type: 'pod', pod }, warnings, key: podSlotKey(pod), fingerprint: content, content, ...place } };
};

const toObject = (document: MixedObject, result: ObjectResult, place: Place): ParsedDocument => {
  const { key } = document;
  if (!result.ok) {
    const issues = sayable([...result.issues, ...result.notes.filter((note) => !result.issues.includes(note))], place);
    const message = place.sealed ? SEALED_REFUSED : result.message;
    return { type: 'bad', problem: { issues, apiRef: '', message: summary(issues, message) }, key };
  }
  const { object } = result;
  const good: GoodVersion = {
    asked: { type: 'object', object },
    warnings: sayable([...result.notes, ...result.warnings], place),
    key: objectKey(object),
    fingerprint: fingerprintOf(object),
    content: contentOf(object),
    ...place,
  };
  return { type: 'good', good, asUpdateOf: (old) => asUpdate(document, old, good) };
};

/** A change of an object that was accepted. A Job that can't be changed is run anew, as another one: a file has no other way to say so. */
const asUpdate = (document: MixedObject, old: ApiObject, asNew: GoodVersion): ParsedDocument => {
  const { text, sealed, index, claimedAtMs } = asNew;
  const place: Place = { text, index, claimedAtMs, ...(sealed && { sealed }) };
  const result = document.asUpdateOf(old);
  if (!result.ok && old.kind === 'Job') return toObject(document, document.asNew(objectUid(asNew.key, `${old.metadata.uid}`)), place);
  const changed = toObject(document, result, place);
  // What a document says is compared as it would be on its own, or a change of nothing would be seen each time it is read.
  return changed.type === 'good' ? { ...changed, good: { ...changed.good, content: asNew.content } } : changed;
};

/** An object as it was known before, with the identity and count of changes that it had. */
export const withIdentity = (good: GoodVersion, identity: { readonly uid?: string; readonly generation?: number }): GoodVersion => {
  if (good.asked.type === 'pod') return good;
  const { object } = good.asked;
  const known = { ...object, metadata: { ...object.metadata, ...identity } } as ApiObject;
  return { ...good, asked: { type: 'object', object: known }, fingerprint: fingerprintOf(known) };
};

const podSlotKey = (pod: Pod): string => `Pod/${podKeyOf(pod)}`;

const fingerprintOf = (value: unknown): string => JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? `${each}n` : each));

/** What the document says: without the identity and the count of changes that the object has got here. */
const contentOf = ({ metadata: { uid: _uid, generation: _generation, ...metadata }, ...object }: ApiObject): string =>
  fingerprintOf({ ...object, metadata });

/** The refusal in one line, with the place of the first thing wrong. */
const summary = (issues: readonly PodSpecIssue[], message: string): string => {
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
