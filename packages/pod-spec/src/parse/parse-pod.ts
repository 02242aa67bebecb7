import { type DecodeFinding, decodeStruct } from '../decode/decode-pod.js';
import type { ManifestNode } from '../decode/node.js';
import { fillDefaults } from '../defaults/apply-defaults.js';
import type { Draft } from '../defaults/draft.js';
import type { Pod } from '../gen/pod-types.js';
import { fillStaticIdentity, type StaticPodOptions } from '../identity/static-pod.js';
import { dropEmpty } from '../schema/drop-empty.js';
import type { FeatureGates } from '../schema/field-gates.js';
import { structSchema } from '../schema/field-schema.js';
import { type FieldError, locateApiObjectReference, validatePod } from '../validation/index.js';
import { podUidErrors } from '../validation/pod-uid.js';
import { hostPathWarnings } from './host-path-warnings.js';
import { createIssueFactory, type IssueFactory, isStrictNote, type Place } from './issue-factory.js';
import { listItems } from './list-items.js';
import type { PodSpecIssue } from './pod-spec-issue.js';
import { priorityWarnings } from './priority-warnings.js';
import { type ManifestDocument, type ManifestDocuments, readDocuments } from './read-documents.js';
import { type DocumentKind, readKind } from './read-kind.js';
import { createLineIndex, locateField } from './source-map.js';
import { syntaxHint } from './syntax-hint.js';

export interface ParsePodOptions extends StaticPodOptions {
  /** Warnings count as errors. Default false. */
  readonly strict?: boolean;
  /** Pods need no name; one without is checked, and made, as if it were called `unnamed`. For editors. Default false. */
  readonly nameOptional?: boolean;
  /**
   * Documents are PodTemplateSpecs, which need no apiVersion, kind and name, or workloads that hold one in `spec.template`; fields of issues count from
   * the template. Default false.
   */
  readonly template?: boolean;
  /** The rules are applied also after values that could not be decoded; what follows from these alone is left out. For editors. Default false. */
  readonly rulesAfterDecodeErrors?: boolean;
  /** Fields behind a gate that is off are unknown ones. Default: as in Kubernetes 1.36, which has none of `fieldGates`' fields. */
  readonly featureGates?: FeatureGates;
}

/** A Pod that Kubernetes would run, or why it would not. */
export type ParseResult =
  | { readonly ok: true; readonly pod: Pod; readonly warnings: readonly PodSpecIssue[] }
  | {
      readonly ok: false;
      readonly issues: readonly PodSpecIssue[];
      /** What only an API server has and the otherwise sound Pod refers to; empty if that is not the reason. */
      readonly apiRef: string;
      /** Why the Pod is refused where broken rules are not the reason; else empty. */
      readonly message: string;
      /** There if the Pod could be decoded and named. */
      readonly pod?: Pod;
    };

/** Every manifest of a file, each document and each item of a list on its own. */
export interface ParsedManifest {
  readonly documents: readonly ManifestResult[];
  /**
   * True when the manifest asks for no Pod on purpose: it was read to its end, and every document of it is a List or PodList whose `items` is an
   * empty list. `documents` then holds the one result that says so.
   */
  readonly emptyList?: boolean;
}

export interface ManifestResult {
  /** Counts documents and list items through, from 0. */
  readonly index: number;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly result: ParseResult;
}

/** Decodes, defaults, names and checks the Pod that one node of a document describes. */
export const readPod = (
  root: ManifestNode,
  issues: IssueFactory,
  options: ParsePodOptions,
  extra: readonly PodSpecIssue[],
  listItem: boolean,
): ParseResult => {
  const found: PodSpecIssue[] = [...extra];
  const undecoded: string[] = [];
  const report = (finding: DecodeFinding): void => {
    if (!isStrictNote(finding)) undecoded.push(finding.field);
    found.push(issues.ofFinding(finding));
  };
  const { apiVersion: _version, kind: _kind, ...values } = decodeStruct(structSchema('Pod'), root, '', report, options.featureGates);
  const refuse = (message: string, more: readonly PodSpecIssue[] = [], pod?: Pod, apiRef = ''): ParseResult => ({
    ok: false,
    issues: [...found, ...more],
    apiRef,
    message,
    ...(pod && { pod }),
  });
  const draft = values as unknown as Draft<Pod>;
  const nameOptional = options.nameOptional === true || options.template === true;
  if (undecoded.length > 0) {
    const first = found.find(({ severity }) => severity === 'error');
    const more = options.rulesAfterDecodeErrors ? rulesBesides(undecoded, draft, issues, root, options) : [];
    return refuse(first === undefined ? 'not a Pod' : `${first.field}: ${first.message}`, more);
  }
  if (!draft.metadata.name && nameOptional) draft.metadata.name = UNNAMED;
  if (!draft.metadata.name && !listItem) {
    return refuse(NO_NAME, [noName(root, issues)]);
  }
  fillDefaults(draft);
  fillStaticIdentity(draft, options);
  if (options.objects) fillTokenAccount(draft);
  const pod = draft as Pod;
  const errors = [...validatePod(pod), ...podUidErrors(pod.metadata.uid)].map((error) => issues.ofField(error, root));
  if (errors.length > 0) return refuse('', errors, pod);
  dropEmpty(structSchema('Pod'), values);
  const { words: apiRef, field } = locateApiObjectReference(pod, options);
  const unknown = unknownProjection(pod, apiRef, options);
  if (unknown !== '') {
    const { start, end } = locateField(root, 'spec.volumes');
    return refuse(unknown, [
      issues.own({ code: 'API_REFERENCE', field: 'spec.volumes', message: unknown, hint: 'say what the source projects', start, end }),
    ]);
  }
  if (apiRef !== '') {
    const message = `static pods may not reference ${apiRef}`;
    const { start, end } = locateField(root, field);
    const hint =
      apiRef === 'serviceaccounts'
        ? 'there is no API server to have accounts: leave it out'
        : 'there is no API server to ask: put the values into the manifest, or into files of the host';
    return refuse(message, [issues.own({ code: 'API_REFERENCE', field, message, hint, start, end })], pod, apiRef);
  }
  for (const { field, message } of hostPathWarnings(pod)) {
    const { start, end } = locateField(root, field);
    found.push(issues.own({ severity: 'warning', code: 'API_WARNING', field, message, hint: 'begin it with /', start, end }));
  }
  for (const { field, message } of options.template ? [] : priorityWarnings(pod)) {
    const { start, end } = locateField(root, field);
    found.push(issues.own({ severity: 'warning', code: 'API_WARNING', field, message, hint: 'leave it to the class', start, end }));
  }
  if (options.strict && found.length > 0) {
    return {
      ok: false,
      issues: found.map((issue) => ({ ...issue, severity: 'error' })),
      apiRef: '',
      message: 'warnings count as errors',
      pod,
    };
  }
  return { ok: true, pod, warnings: found };
};

/** An API server has given every Pod an account before it looks at the tokens of one. No part of the identity. */
const fillTokenAccount = ({ spec }: Draft<Pod>): void => {
  const isToken = ({ serviceAccountToken }: { serviceAccountToken?: unknown }): boolean => serviceAccountToken !== undefined;
  if ((spec.volumes ?? []).some(({ projected }) => projected?.sources?.some(isToken))) spec.serviceAccountName ||= 'default';
};

/** What a Pod is called that may be without a name. */
const UNNAMED = 'unnamed';

/** Broken rules of a Pod of which some values could not be decoded, without those that only follow from that. */
const rulesBesides = (
  undecoded: readonly string[],
  draft: Draft<Pod>,
  issues: IssueFactory,
  root: ManifestNode,
  options: ParsePodOptions,
): readonly PodSpecIssue[] => {
  if (undecoded.includes('')) return [];
  const nameless = !draft.metadata.name;
  if (nameless) draft.metadata.name = UNNAMED;
  fillDefaults(draft);
  fillStaticIdentity(draft, options);
  const follows = ({ field, type }: FieldError): boolean =>
    undecoded.some((bad) => isWithin(field, bad) || (type === 'Required value' && isWithin(bad, field)));
  const broken = validatePod(draft as Pod).filter((error) => !follows(error));
  const nameIssue =
    nameless && !options.nameOptional && !options.template && !undecoded.some((bad) => isWithin('metadata.name', bad))
      ? [noName(root, issues)]
      : [];
  return [...nameIssue, ...broken.map((error) => issues.ofField(error, root))];
};

/** Whether a field is another one, or lies in it. */
const isWithin = (field: string, outer: string): boolean =>
  field === outer || (field.startsWith(outer) && /^[.[]/.test(field.slice(outer.length)));

const NO_NAME = 'invalid pod: name is needed for the pod';

const noName = (root: ManifestNode, issues: IssueFactory): PodSpecIssue => {
  const { start, end } = locateField(root, 'metadata.name');
  return issues.own({ code: 'MANIFEST_NAME', field: 'metadata.name', message: NO_NAME, hint: 'give metadata.name', start, end });
};

/** References that upstream looks for in the pod as a whole, before it goes through the volumes one by one. */
const wholePodReferences = ['serviceaccounts', 'secrets', 'configmaps', 'resourceclaims'];

/** A projected volume with a source that projects nothing stops upstream's look through the volumes, unless one before it is an API object. */
const unknownProjection = (pod: Pod, apiRef: string, options: ParsePodOptions): string => {
  const volumes = pod.spec.volumes ?? [];
  const at = volumes.findIndex(({ projected }) => projected?.sources?.some((source) => Object.keys(source).length === 0));
  const volume = volumes[at];
  if (volume?.projected === undefined || wholePodReferences.includes(apiRef)) return '';
  const sources = volume.projected.sources.slice(
    0,
    volume.projected.sources.findIndex((source) => Object.keys(source).length === 0),
  );
  const before = [...volumes.slice(0, at), { ...volume, projected: { ...volume.projected, sources } }];
  return locateApiObjectReference({ ...pod, spec: { ...pod.spec, volumes: before } }, options).words === ''
    ? `unknown source for projected volume "${volume.name}"`
    : '';
};

const refusal = (issue: PodSpecIssue, more: readonly PodSpecIssue[] = []): ParseResult => ({
  ok: false,
  issues: [issue, ...more],
  apiRef: '',
  message: issue.message,
});

const tooLarge = (issues: IssueFactory): ParseResult =>
  refusal(issues.own({ code: 'MANIFEST_TOO_LARGE', message: 'the manifest is larger than 10 MiB', start: 0, end: 0 }));

/** What can still be told of a document that could not be read to its end: values of a wrong type and misspelt names before that place. */
const partialFindings = (root: ManifestNode | undefined, issues: IssueFactory, gates?: FeatureGates): readonly PodSpecIssue[] => {
  if (root?.kind !== 'map') return [];
  const found: PodSpecIssue[] = [];
  decodeStruct(structSchema('Pod'), root, '', (finding) => found.push(issues.ofFinding(finding)), gates);
  return found;
};

const unreadable = ({ problem, root }: ManifestDocument, text: string, issues: IssueFactory, gates?: FeatureGates): ParseResult => {
  const { message, start, end } = problem!;
  const hint = syntaxHint(message, text, start);
  return refusal(issues.own({ code: 'MANIFEST_SYNTAX', message, hint, start, end }), partialFindings(root, issues, gates));
};

const wrongKind = (kind: DocumentKind, root: ManifestNode, issues: IssueFactory, wanted: string): ParseResult => {
  if (!kind.ok) return refusal(issues.own({ ...kind, code: 'MANIFEST_KIND', hint: 'begin with apiVersion: v1 and kind: Pod' }));
  const name = kind.group === '' ? `${kind.version} ${kind.kind}` : `${kind.group}/${kind.version} ${kind.kind}`;
  const { start, end } = locateField(root, kind.entry.key);
  return refusal(
    issues.own({ code: 'MANIFEST_KIND', field: 'kind', message: `${name} is not ${wanted}`, hint: kindHint(root), start, end }),
  );
};

/** A workload holds the Pod it would make. */
const kindHint = (root: ManifestNode): string => {
  const spec = root.kind === 'map' ? root.entries.find(({ key }) => key === 'spec')?.value : undefined;
  const hasTemplate = spec?.kind === 'map' && spec.entries.some(({ key, value }) => key === 'template' && value.kind === 'map');
  return hasTemplate ? 'only v1 Pods can be run: make one of its spec.template' : 'only v1 Pods can be run';
};

const entryOf = (node: ManifestNode | undefined, key: string): ManifestNode | undefined =>
  node?.kind === 'map' ? node.entries.findLast((entry) => entry.key === key)?.value : undefined;

/** The template that a workload holds (a CronJob, in the Job that it makes); else the document itself. */
const templateOf = (root: ManifestNode): ManifestNode => {
  const spec = entryOf(root, 'spec');
  return entryOf(spec, 'template') ?? entryOf(entryOf(entryOf(spec, 'jobTemplate'), 'spec'), 'template') ?? root;
};

const isCore = (kind: DocumentKind, name: string): kind is DocumentKind & { ok: true } =>
  kind.ok && kind.group === '' && kind.version === 'v1' && kind.kind === name;

const setUp = (source: string | Uint8Array, path: string, first: boolean): ManifestDocuments & { issues: IssueFactory; place: Place } => {
  const documents = readDocuments(source, { first });
  const place = createLineIndex(documents.text);
  return { ...documents, place, issues: createIssueFactory(path, place, documents.text) };
};

const restIgnored = (restStart: number | undefined, issues: IssueFactory): readonly PodSpecIssue[] =>
  restStart === undefined
    ? []
    : [
        issues.own({
          severity: 'warning',
          code: 'MANIFEST_REST_IGNORED',
          message: 'only the first document counts; the rest is ignored',
          start: restStart,
          end: restStart + 1,
        }),
      ];

/**
 * Says what a kubelet of Kubernetes 1.36 would make of a manifest: the static Pod, or everything that is wrong with it. Like the kubelet
 * it reads only the first document and takes no list; see parseManifest. Never throws.
 */
export const parsePod = (source: string | Uint8Array, options: ParsePodOptions): ParseResult => {
  const { documents, text, issues, restStart, tooLarge: large } = setUp(source, options.path, true);
  if (large) return tooLarge(issues);
  const [document] = documents;
  if (document?.root === undefined || document.problem !== undefined) return unreadable(document!, text, issues, options.featureGates);
  if (options.template) return readPod(templateOf(document.root), issues, options, restIgnored(restStart, issues), false);
  const kind = readKind(document.root);
  if (!isCore(kind, 'Pod')) return wrongKind(kind, document.root, issues, 'a Pod');
  return readPod(document.root, issues, options, restIgnored(restStart, issues), false);
};

/** Whether `items` is written out as a list of nothing; a List without `items`, or with a null there, may be one that was cut off. */
export const isEmptyItems = (root: ManifestNode): boolean => {
  const entry = root.kind === 'map' ? root.entries.findLast(({ key }) => key === 'items') : undefined;
  return entry?.value.kind === 'list' && entry.value.items.length === 0;
};

/** What a kubelet makes of a body fetched from a URL: one Pod, or a PodList that counts only as a whole. */
export type ParseUrlResult =
  | { readonly ok: true; readonly list: boolean; readonly pods: readonly Pod[]; readonly warnings: readonly PodSpecIssue[] }
  | (ParseResult & { readonly ok: false });

/** Reads a body fetched from a URL as the kubelet does. Never throws. */
export const parseUrlManifest = (source: string | Uint8Array, options: Omit<ParsePodOptions, 'source'>): ParseUrlResult => {
  const urlOptions: ParsePodOptions = { ...options, source: 'url' };
  const { documents, text, issues, restStart, tooLarge: large } = setUp(source, options.path, true);
  const refused = (result: ParseResult): ParseUrlResult =>
    result.ok ? { ok: true, list: false, pods: [result.pod], warnings: result.warnings } : result;
  if (large) return refused(tooLarge(issues));
  const [document] = documents;
  if (document?.root === undefined || document.problem !== undefined)
    return refused(unreadable(document!, text, issues, options.featureGates));
  const kind = readKind(document.root);
  const rest = restIgnored(restStart, issues);
  if (isCore(kind, 'Pod')) return refused(readPod(document.root, issues, urlOptions, rest, false));
  if (!isCore(kind, 'PodList')) return refused(wrongKind(kind, document.root, issues, 'a Pod or a PodList'));
  const items = listItems(document.root);
  if (items === undefined) {
    const { start, end } = locateField(document.root, 'items');
    return refused(refusal(issues.own({ code: 'DECODE_TYPE', field: 'items', message: 'expected a list', start, end })));
  }
  const results = items.map((item) => readPod(item, issues, urlOptions, [], true));
  // A list with an item that cannot be decoded cannot be decoded at all; else its first bad item is why it is refused.
  const undecoded = results.find((result) => !result.ok && result.pod === undefined);
  const bad = undecoded ?? results.find((result) => !result.ok);
  if (bad !== undefined) return refused(bad);
  const good = results.flatMap((result) => (result.ok ? [result] : []));
  return { ok: true, list: true, pods: good.map(({ pod }) => pod), warnings: [...rest, ...good.flatMap(({ warnings }) => warnings)] };
};

/**
 * Reads every document of a manifest, and every item of a List or PodList, each for itself: unlike the kubelet, which looks at the first
 * document only. A file without any document is an error. Never throws.
 */
export const parseManifest = (source: string | Uint8Array, options: ParsePodOptions): ParsedManifest => {
  const { documents, text, issues, place, tooLarge: large } = setUp(source, options.path, false);
  if (large) return { documents: [{ index: 0, line: 1, result: tooLarge(issues) }] };
  const results: ManifestResult[] = [];
  let emptyLists = 0;
  const add = (start: number, result: ParseResult): void =>
    void results.push({ index: results.length, line: place(start, start).line, result });
  for (const document of documents) {
    const { root, start } = document;
    if (root === undefined || document.problem !== undefined) {
      add(start, unreadable(document, text, issues, options.featureGates));
      continue;
    }
    if (root.kind === 'scalar' && root.type === 'null') continue;
    if (options.template) {
      add(start, readPod(templateOf(root), issues, options, [], false));
      continue;
    }
    const kind = readKind(root);
    const isList = isCore(kind, 'PodList') || isCore(kind, 'List');
    if (isCore(kind, 'Pod')) add(start, readPod(root, issues, options, [], false));
    else if (!isList) add(start, wrongKind(kind, root, issues, 'a Pod'));
    else {
      if (isEmptyItems(root)) emptyLists += 1;
      addItems(root, kind.ok && kind.kind === 'List', issues, options, add);
    }
  }
  if (results.length > 0) return { documents: results };
  add(0, refusal(issues.own({ code: 'MANIFEST_KIND', message: 'there is no document in the file', start: 0, end: 0 })));
  return { documents: results, emptyList: emptyLists > 0 };
};

/** Items of a List say their kind themselves; those of a PodList need not. */
const addItems = (
  root: ManifestNode,
  anyKind: boolean,
  issues: IssueFactory,
  options: ParsePodOptions,
  add: (start: number, result: ParseResult) => void,
): void => {
  const items = listItems(root);
  if (items === undefined) {
    const { start, end } = locateField(root, 'items');
    add(root.start, refusal(issues.own({ code: 'DECODE_TYPE', field: 'items', message: 'expected a list', start, end })));
    return;
  }
  for (const item of items) {
    const kind = readKind(item);
    const isPod = isCore(kind, 'Pod') || (!anyKind && !kind.ok);
    add(item.start, isPod ? readPod(item, issues, options, [], false) : wrongKind(kind, item, issues, 'a Pod'));
  }
};
