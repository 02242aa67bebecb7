import type { FeatureGates, PodSpecIssue } from '@solo-kubelet/pod-spec';
import {
  createIssueFactory,
  createLineIndex,
  type Draft,
  type IssueFactory,
  listItems,
  locateField,
  type ManifestDocument,
  type ManifestNode,
  readDocuments,
  readKind,
  syntaxHint,
} from '@solo-kubelet/pod-spec/schema';
import type { ObjectKind } from '../kinds/object-kind.js';
import type { ApiObject } from '../object/api-object.js';
import { type Judgement, judgeNew, judgeUpdate } from '../object/judge-object.js';
import { finishObject, type ReadObject, readObject } from './read-object.js';

export interface ParseObjectOptions {
  /** The file, for the places of issues. */
  readonly path: string;
  /** The identity of a new object, which shows in what is made for a Job. Default: one that is all zeros but for its version. */
  readonly uid?: string;
  /** Whether containers of workloads may be privileged, as an API server's `--allow-privileged` says. Default true. */
  readonly allowPrivileged?: boolean;
  /** As for Pods: fields of pod templates behind a gate that is off are unknown ones. */
  readonly featureGates?: FeatureGates;
}

/** An object that Kubernetes would accept, or why it would not. */
export type ObjectResult =
  | {
      readonly ok: true;
      readonly kind: ObjectKind;
      /** Read, defaulted, cleared of what users may not set. */
      readonly object: ApiObject;
      /** What the server would warn of. */
      readonly warnings: readonly PodSpecIssue[];
      /** Fields that are unknown or given twice; they do not count. */
      readonly notes: readonly PodSpecIssue[];
    }
  | {
      readonly ok: false;
      readonly issues: readonly PodSpecIssue[];
      /** Why the object is refused where broken rules are not the reason; else empty. */
      readonly message: string;
      readonly notes: readonly PodSpecIssue[];
      /** There if the kind was understood. */
      readonly kind?: ObjectKind;
    };

/** One document of a file, or one item of a List in it. */
export interface ObjectDocument {
  /** Counts documents and list items through, from 0. */
  readonly index: number;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly result: ObjectResult;
}

export const PLACEHOLDER_UID = '00000000-0000-4000-8000-000000000000';

export const refused = (issue: PodSpecIssue): ObjectResult => ({ ok: false, issues: [issue], message: issue.message, notes: [] });

/** A warning of the server is a text that mostly begins with a path. */
const warningIssue = (text: string, root: ManifestNode, issues: IssueFactory): PodSpecIssue => {
  const field = /^[a-z]\w*(?:\.\w+|\[[^\]]*\])*(?=: )/.exec(text)?.[0] ?? '';
  const { start, end } = locateField(root, field);
  return issues.own({ severity: 'warning', code: 'API_WARNING', field, message: text, start, end });
};

type Judge = (draft: Draft<ApiObject>, kind: ObjectKind) => Judgement;

export const judged = (read: ReadObject, root: ManifestNode, issues: IssueFactory, judge: Judge): ObjectResult => {
  if (!read.ok) return { ok: false, issues: read.issues, message: read.message, notes: [] };
  const { draft, kind, notes } = read;
  const judgement = judge(draft, kind);
  if (!judgement.ok) return { ok: false, issues: judgement.errors.map((error) => issues.ofField(error, root)), message: '', notes, kind };
  const warnings = [...read.warnings, ...judgement.warnings].map((text) => warningIssue(text, root, issues));
  return { ok: true, kind, object: finishObject(draft, kind), warnings, notes };
};

export const judgeAsNew =
  ({ uid = PLACEHOLDER_UID, allowPrivileged = true }: ParseObjectOptions): Judge =>
  (draft, kind) => {
    draft.metadata.uid = uid;
    return judgeNew(draft, kind, { allowPrivileged });
  };

export const unreadable = ({ problem, start }: ManifestDocument, text: string, issues: IssueFactory): ObjectResult => {
  const { message, start: from, end } = problem ?? { message: 'there is no document in the file', start, end: start };
  return refused(issues.own({ code: 'MANIFEST_SYNTAX', message, hint: syntaxHint(message, text, from), start: from, end }));
};

/** The documents of a text, and what places issues in it. */
interface OpenedText extends ReturnType<typeof readDocuments> {
  readonly place: ReturnType<typeof createLineIndex>;
  readonly issues: IssueFactory;
}

export const setUp = (source: string | Uint8Array, path: string, first: boolean): OpenedText => {
  const documents = readDocuments(source, { first });
  const place = createLineIndex(documents.text);
  return { ...documents, place, issues: createIssueFactory(path, place, documents.text) };
};

export const tooLargeResult = (issues: IssueFactory): ObjectResult =>
  refused(issues.own({ code: 'MANIFEST_TOO_LARGE', message: 'the manifest is larger than 10 MiB', start: 0, end: 0 }));

const parseFirst = (
  source: string | Uint8Array,
  { path, featureGates }: Pick<ParseObjectOptions, 'path' | 'featureGates'>,
  judge: Judge,
): ObjectResult => {
  const { documents, text, issues, tooLarge } = setUp(source, path, true);
  if (tooLarge) return tooLargeResult(issues);
  const [document] = documents;
  if (document?.root === undefined || document.problem !== undefined) return unreadable(document ?? { start: 0 }, text, issues);
  return judged(readObject(document.root, issues, featureGates), document.root, issues, judge);
};

/** Says what an API server of Kubernetes 1.36 would make of the first document of a text, as a new object. Never throws. */
export const parseObject = (source: string | Uint8Array, options: ParseObjectOptions): ObjectResult =>
  parseFirst(source, options, judgeAsNew(options));

/** The same for a text that takes the place of an object; of another kind or name it is refused. Never throws. */
export const parseObjectUpdate = (
  old: ApiObject,
  source: string | Uint8Array,
  { allowPrivileged = true, ...options }: Omit<ParseObjectOptions, 'uid'>,
): ObjectResult => {
  let isOther = '';
  const result = parseFirst(source, options, (draft, kind) => {
    isOther = otherObject(old, draft as ApiObject);
    return isOther === '' ? judgeUpdate(draft, old, kind, { allowPrivileged }) : { ok: false, errors: [] };
  });
  return isOther === '' || result.ok ? result : { ...result, message: isOther };
};

/** Why one object cannot take the place of another at all; empty if it can. */
export const otherObject = (old: ApiObject, { apiVersion, kind, metadata }: ApiObject): string => {
  if (old.apiVersion !== apiVersion || old.kind !== kind)
    return `${apiVersion} ${kind} cannot take the place of ${old.apiVersion} ${old.kind}`;
  if (old.metadata.name === metadata.name && (old.metadata.namespace ?? '') === (metadata.namespace ?? '')) return '';
  return `the object is ${old.metadata.namespace ?? ''}/${old.metadata.name}, not ${metadata.namespace ?? ''}/${metadata.name}`;
};

/** Reads every document of a text, and every item of a List, each for itself, as new objects. Never throws. */
export const parseObjects = (source: string | Uint8Array, options: ParseObjectOptions): readonly ObjectDocument[] => {
  const { documents, text, issues, place, tooLarge } = setUp(source, options.path, false);
  if (tooLarge) return [{ index: 0, line: 1, result: tooLargeResult(issues) }];
  const results: ObjectDocument[] = [];
  const add = (start: number, result: ObjectResult): void =>
    void results.push({ index: results.length, line: place(start, start).line, result });
  const judge = judgeAsNew(options);
  for (const document of documents) {
    const { root, start } = document;
    if (root === undefined || document.problem !== undefined) {
      add(start, unreadable(document, text, issues));
      continue;
    }
    if (root.kind === 'scalar' && root.type === 'null') continue;
    const kind = readKind(root);
    if (kind.ok && kind.group === '' && kind.version === 'v1' && kind.kind === 'List')
      addItems(root, issues, (item) => judged(readObject(item, issues, options.featureGates), item, issues, judge), add);
    else add(start, judged(readObject(root, issues, options.featureGates), root, issues, judge));
  }
  return results;
};

const addItems = (
  root: ManifestNode,
  issues: IssueFactory,
  read: (item: ManifestNode) => ObjectResult,
  add: (start: number, result: ObjectResult) => void,
): void => {
  const items = listItems(root);
  if (items === undefined) {
    const { start, end } = locateField(root, 'items');
    add(root.start, refused(issues.own({ code: 'DECODE_TYPE', field: 'items', message: 'expected a list', start, end })));
    return;
  }
  for (const item of items) add(item.start, read(item));
};
