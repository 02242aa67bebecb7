import type { ParsePodOptions, ParseResult, PodSpecIssue } from '@solo-kubelet/pod-spec';
import {
  type IssueFactory,
  isEmptyItems,
  listItems,
  locateField,
  type ManifestNode,
  readKind,
  readPod,
} from '@solo-kubelet/pod-spec/schema';
import { KINDS_OF_A_NODE, meaninglessKind } from '../node/kinds-of-a-node.js';
import { meaninglessFields } from '../node/meaningless-fields.js';
import { chooseNode, claimedName, type NodeLabels } from '../node/node-selector.js';
import { fillNodeValues, type NodeValues } from '../node/node-values.js';
import { refusedFields } from '../node/refuse-fields.js';
import { type ApiObject, objectKey } from '../object/api-object.js';
import { type Judgement, judgeNew, judgeUpdate } from '../object/judge-object.js';
import { encryptedMessage, isEncryptedManifest } from './encrypted-manifest.js';
import {
  judged,
  type ObjectDocument,
  type ObjectResult,
  type ParseObjectOptions,
  PLACEHOLDER_UID,
  refused,
  setUp,
  tooLargeResult,
  unreadable,
} from './parse-object.js';

import { readObject } from './read-object.js';

export interface MixedOptions extends Omit<ParsePodOptions, 'template' | 'nameOptional' | 'rulesAfterDecodeErrors' | 'objects'> {
  readonly allowPrivileged?: ParseObjectOptions['allowPrivileged'];
  /** Kinds that may stand beside Pods. Default: those that mean something on a node without a control plane. */
  readonly kinds?: ReadonlySet<string>;
  /** How Services are turned on, for whoever has one where `kinds` leaves them out. Default: nothing is said of it. */
  readonly servicesHint?: string;
  /** The identity of a new object by its `objectKey`. Default: one for all, of zeros but for its version. */
  readonly uidOf?: (key: string) => string;
  /**
   * Labels of the node, by which the annotation `solo-kubelet.dev/node-selector` of a document is judged; `unread`: it does not count, and a warning says so.
   * Default: every document is taken, and only a selector that can't be read is refused.
   */
  readonly nodeLabels?: NodeLabels;
  /** What `$(node.NAME)` stands for in the fields that may have it. Default: it is left as it is, and a warning says so. */
  readonly nodeValues?: NodeValues;
}

/** A document that is for other nodes. Nothing else of it is read. */
export interface DocumentElsewhere {
  /** Counts along with those that are taken. */
  readonly index: number;
  readonly line: number;
  /** What it calls itself, such as `Pod default/web`. */
  readonly name: string;
  readonly selector: string;
}

/** A document that is no Pod. */
export interface MixedObject {
  readonly result: ObjectResult;
  /** `objectKey` of the object, also of one that breaks rules; undefined where it is not known. */
  readonly key: string | undefined;
  /** The result if the object takes the place of an accepted one of its kind and name. */
  asUpdateOf(old: ApiObject): ObjectResult;
  /** The result if the object is a new one of another identity than `uidOf` gave. */
  asNew(uid: string): ObjectResult;
}

export type MixedDocument = Omit<ObjectDocument, 'result'> &
  ({ readonly type: 'pod'; readonly result: ParseResult } | ({ readonly type: 'object' } & MixedObject));

export interface MixedManifest {
  readonly documents: readonly MixedDocument[];
  /**
   * The text asks this node for nothing on purpose: it was read to its end and is nothing but Lists whose `items` are written out as empty, and documents
   * for other nodes.
   */
  readonly emptyList: boolean;
  readonly elsewhere: readonly DocumentElsewhere[];
}

/**
 * Reads a manifest of a node: Pods as its kubelet reads them, and other objects as an API server does, each document and each item of a List for
 * itself. What means nothing on such a node is refused or warned of. Never throws.
 */
export const parseMixedManifest = (source: string | Uint8Array, options: MixedOptions): MixedManifest => {
  const { documents, text, issues, place, tooLarge } = setUp(source, options.path, false);
  const found: MixedDocument[] = [];
  const elsewhere: DocumentElsewhere[] = [];
  const add = (start: number, what: MixedObject | ParseResult | Elsewhere): void => {
    const at = { index: found.length + elsewhere.length, line: place(start, start).line };
    if ('selector' in what) elsewhere.push({ ...at, ...what });
    else found.push('asUpdateOf' in what ? { ...at, type: 'object', ...what } : { ...at, type: 'pod', result: what });
  };
  if (tooLarge) add(0, noObject(tooLargeResult(issues)));
  const encrypted = !tooLarge && isEncryptedManifest(source);
  if (encrypted)
    add(
      0,
      noObject(
        refused(
          issues.own({
            code: 'MANIFEST_SYNTAX',
            message: encryptedMessage(source),
            hint: 'put it into the manifest directory as it is',
            start: 0,
            end: 0,
          }),
        ),
      ),
    );
  let emptyLists = 0;
  for (const document of tooLarge || encrypted ? [] : documents) {
    const { root, start } = document;
    if (root === undefined || document.problem !== undefined) {
      add(start, noObject(unreadable(document, text, issues)));
      continue;
    }
    if (root.kind === 'scalar' && root.type === 'null') continue;
    const list = listKind(root);
    if (list === undefined) add(start, readDocument(root, issues, options, false));
    else if (isEmptyItems(root)) emptyLists += 1;
    else addItems(root, issues, add, (item) => readDocument(item, issues, options, list === 'PodList'));
  }
  if (found.length > 0) return { documents: found, emptyList: false, elsewhere };
  if (elsewhere.length > 0) return { documents: [], emptyList: true, elsewhere };
  const message = 'there is no document in the file';
  add(0, noObject(refused(issues.own({ code: 'MANIFEST_KIND', message, start: 0, end: 0 }))));
  return { documents: found, emptyList: emptyLists > 0, elsewhere };
};

type Elsewhere = Pick<DocumentElsewhere, 'name' | 'selector'>;

const noObject = (result: ObjectResult): MixedObject => ({ result, key: undefined, asUpdateOf: () => result, asNew: () => result });

const listKind = (root: ManifestNode): 'List' | 'PodList' | undefined => {
  const kind = readKind(root);
  if (!kind.ok || kind.group !== '' || kind.version !== 'v1') return undefined;
  return kind.kind === 'List' || kind.kind === 'PodList' ? kind.kind : undefined;
};

const addItems = (
  root: ManifestNode,
  issues: IssueFactory,
  add: (start: number, what: MixedObject | ParseResult | Elsewhere) => void,
  read: (item: ManifestNode) => MixedObject | ParseResult | Elsewhere,
): void => {
  const items = listItems(root);
  if (items === undefined) {
    const { start, end } = locateField(root, 'items');
    add(root.start, noObject(refused(issues.own({ code: 'DECODE_TYPE', field: 'items', message: 'expected a list', start, end }))));
    return;
  }
  for (const item of items) add(item.start, read(item));
};

const readDocument = (
  root: ManifestNode,
  issues: IssueFactory,
  options: MixedOptions,
  podByDefault: boolean,
): MixedObject | ParseResult | Elsewhere => {
  const choice = chooseNode(root, options.nodeLabels, issues);
  if (choice.type === 'elsewhere') return { name: claimedName(root), selector: choice.selector };
  if (choice.type === 'bad') return noObject(refused(choice.issue));
  const filled = fillNodeValues(root, options.nodeValues, issues);
  if (filled.type === 'bad') return noObject(refused(filled.issue));
  const read = readHere(filled.root, issues, options, podByDefault);
  return [choice.unread, filled.unread].reduce((result, warning) => (warning === undefined ? result : warned(result, warning)), read);
};

/** With one warning more, whatever becomes of it. */
const warned = (read: MixedObject | ParseResult, warning: PodSpecIssue): MixedObject | ParseResult => {
  const one = <Result extends ObjectResult | ParseResult>(result: Result): Result =>
    result.ok ? { ...result, warnings: [...result.warnings, warning] } : result;
  if (!('asUpdateOf' in read)) return one(read);
  return { ...read, result: one(read.result), asUpdateOf: (old) => one(read.asUpdateOf(old)), asNew: (uid) => one(read.asNew(uid)) };
};

const readHere = (root: ManifestNode, issues: IssueFactory, options: MixedOptions, podByDefault: boolean): MixedObject | ParseResult => {
  const kind = readKind(root);
  if (!kind.ok && podByDefault) return readPod(root, issues, { ...options, objects: true }, [], false);
  if (kind.ok && kind.group === '' && kind.version === 'v1' && kind.kind === 'Pod') {
    return readPod(root, issues, { ...options, objects: true }, [], false);
  }
  const { kinds = KINDS_OF_A_NODE } = options;
  if (kind.ok && !kinds.has(kind.kind)) {
    const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    const { start, end } = locateField(root, kind.entry.key);
    const message = meaninglessKind(apiVersion, kind.kind, options.servicesHint);
    const hint = 'the other documents of the file count';
    return noObject(refused(issues.own({ code: 'MANIFEST_KIND', field: 'kind', message, hint, start, end })));
  }
  return mixedObject(root, issues, options);
};

const mixedObject = (root: ManifestNode, issues: IssueFactory, options: MixedOptions): MixedObject => {
  const { allowPrivileged = true, strict = false, uidOf = () => PLACEHOLDER_UID } = options;
  let key: string | undefined;
  const judge = ({ old, uid }: { readonly old?: ApiObject; readonly uid?: string }): ObjectResult => {
    const result = judged(readObject(root, issues, options.featureGates), root, issues, (draft, kind): Judgement => {
      key = draft.metadata.name ? objectKey(draft as ApiObject) : undefined;
      if (old === undefined) draft.metadata.uid = uid ?? (key === undefined ? PLACEHOLDER_UID : uidOf(key));
      const policy = { allowPrivileged, allocatesLater: true };
      const judgement = old === undefined ? judgeNew(draft, kind, policy) : judgeUpdate(draft, old, kind, policy);
      if (!judgement.ok) return judgement;
      const errors = refusedFields(draft as ApiObject);
      if (errors.length > 0) return { ok: false, errors };
      return { ...judgement, warnings: [...judgement.warnings, ...meaninglessFields(draft as ApiObject)] };
    });
    return strict ? strictly(result) : result;
  };
  const result = judge({});
  return { result, key, asUpdateOf: (old) => judge({ old }), asNew: (uid) => judge({ uid }) };
};

const strictly = (result: ObjectResult): ObjectResult => {
  if (!result.ok || result.warnings.length + result.notes.length === 0) return result;
  const issues = [...result.notes, ...result.warnings].map((issue) => ({ ...issue, severity: 'error' as const }));
  return { ok: false, issues, message: 'warnings count as errors', notes: [], kind: result.kind };
};
