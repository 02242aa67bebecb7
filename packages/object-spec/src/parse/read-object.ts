import type { FeatureGates, PodSpecIssue } from '@solo-kubelet/pod-spec';
import {
  type Draft,
  decodeStruct,
  dropEmpty,
  type IssueFactory,
  isStrictNote,
  locateField,
  type ManifestNode,
  readKind,
} from '@solo-kubelet/pod-spec/schema';
import { apiVersionOf, type ObjectKind, objectKinds } from '../kinds/object-kind.js';
import type { ApiObject } from '../object/api-object.js';
import { rulesOf } from '../object/judge-object.js';
import { prepareMetadata } from '../object/prepare-metadata.js';
import { objectSchema } from '../schema.js';

/** An object as it comes from its text, complete, before any rule was looked at; or why there is none. */
export type ReadObject =
  | {
      readonly ok: true;
      readonly kind: ObjectKind;
      readonly draft: Draft<ApiObject>;
      readonly warnings: readonly string[];
      readonly notes: readonly PodSpecIssue[];
    }
  | { readonly ok: false; readonly issues: readonly PodSpecIssue[]; readonly message: string };

const refuse = (issue: PodSpecIssue): ReadObject => ({ ok: false, issues: [issue], message: issue.message });

const kindHint = (group: string, kind: string): string => {
  const known = objectKinds.find((candidate) => candidate.kind === kind);
  return known === undefined || known.group === group ? '' : `${kind} is of apiVersion ${apiVersionOf(known)}`;
};

/** Decodes and completes the object of one document. */
export const readObject = (root: ManifestNode, issues: IssueFactory, gates?: FeatureGates): ReadObject => {
  const found = readKind(root);
  if (!found.ok) return refuse(issues.own({ ...found, code: 'MANIFEST_KIND', hint: 'begin with apiVersion and kind' }));
  const { group, version, kind: name } = found;
  const kind = objectKinds.find((each) => each.group === group && each.version === version && each.kind === name);
  if (kind === undefined || rulesOf(name) === undefined) {
    const { start, end } = locateField(root, found.entry.key);
    const message = `no kind "${name}" is registered for version "${group === '' ? version : `${group}/${version}`}"`;
    return refuse(issues.own({ code: 'MANIFEST_KIND', field: 'kind', message, hint: kindHint(group, name), start, end }));
  }
  return decodeObject(root, kind, issues, gates);
};

const decodeObject = (root: ManifestNode, kind: ObjectKind, issues: IssueFactory, gates: FeatureGates | undefined): ReadObject => {
  const notes: PodSpecIssue[] = [];
  let undecoded: PodSpecIssue | undefined;
  const {
    apiVersion: _version,
    kind: _kind,
    ...values
  } = decodeStruct(
    objectSchema.struct(kind.kind),
    root,
    '',
    (finding) => {
      const issue = issues.ofFinding(finding);
      notes.push(issue);
      if (!isStrictNote(finding)) undecoded ??= issue;
    },
    gates,
  );
  if (undecoded !== undefined) return { ok: false, issues: notes, message: `${undecoded.field}: ${undecoded.message}` };
  const draft = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...values } as unknown as Draft<ApiObject>;
  if (!draft.metadata.name && draft.metadata.generateName) {
    const { start, end } = locateField(root, 'metadata.generateName');
    const message = 'metadata.name is needed: no name is made from generateName';
    return refuse(issues.own({ code: 'MANIFEST_NAME', field: 'metadata.name', message, hint: 'give metadata.name', start, end }));
  }
  const problem = rulesOf(kind.kind).conversionError?.(draft as ApiObject);
  if (problem !== undefined) {
    const { start, end } = locateField(root, problem.field);
    return refuse(issues.own({ code: 'DECODE_TYPE', field: problem.field, message: problem.message, start, end }));
  }
  rulesOf(kind.kind).fillDefaults?.(draft);
  if ('status' in draft) delete draft.status;
  const warnings = prepareMetadata(draft.metadata, kind);
  return { ok: true, kind, draft, warnings, notes };
};

/** The object as its users get it: without lists and maps that are empty. */
export const finishObject = (draft: Draft<ApiObject>, kind: ObjectKind): ApiObject => {
  dropEmpty(objectSchema.struct(kind.kind), draft as unknown as Record<string, unknown>);
  return draft as ApiObject;
};
