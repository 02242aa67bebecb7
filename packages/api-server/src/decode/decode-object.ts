import { decodeUtf8, type FeatureGates, type ManifestNode } from '@solo-kubelet/pod-spec/schema';
import { type ApiResource, groupVersion } from '../resources/api-resource.js';
import { findKind } from '../resources/resource-table.js';
import { serverSchema } from '../schema/server-schema.js';
import { type ApiError, badRequest } from '../status/api-error.js';
import type { ObjectDraft } from '../stored-object.js';
import { decodeAs } from './decode-struct.js';
import { rememberText } from './raw-text.js';
import { type BodyLanguage, type BodyTree, readBody } from './read-body.js';

/** The group and version that objects of a resource are read in, and the names of both for messages. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly struct: string;
  /** Versions that are still taken, and say the same in the same fields. Default: none. */
  readonly formerVersions?: readonly string[];
}

export interface DecodedObject {
  readonly draft: ObjectDraft;
  /** What a strict reader would refuse: fields that are unknown or given twice. */
  readonly strictErrors: readonly string[];
  /** Why it is not taken after all, once it has been said what a strict reader would refuse. */
  readonly refusal?: ApiError;
}

const SUMMARY_BYTES = 30;
const SCHEME = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';

/** The beginning of a body, for a message. */
const summarize = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return '<empty>';
  const start = Buffer.from(bytes.subarray(0, SUMMARY_BYTES));
  const shown = bytes[0] === 0x7b ? start.toString('utf8') : start.toString('hex');
  return bytes.length > SUMMARY_BYTES ? `${shown} ...` : shown;
};

/** Names count without their case here. */
export const typeFields = (root: ManifestNode): { readonly apiVersion: string; readonly kind: string } | { readonly problem: string } => {
  if (root.kind === 'list' || (root.kind === 'scalar' && root.type !== 'null')) {
    const type = root.kind === 'list' ? 'array' : root.type === 'boolean' ? 'bool' : root.type;
    const go = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    return { problem: `json: cannot unmarshal ${type} into Go value of type ${go}` };
  }
  const found = { apiVersion: '', kind: '' };
  for (const { key, value } of root.kind === 'map' ? root.entries : []) {
    const lower = key.toLowerCase();
    const name = lower === 'kind' ? 'kind' : lower === 'apiversion' ? 'apiVersion' : undefined;
    if (name === undefined || (value.kind === 'scalar' && value.type === 'null')) continue;
    if (value.kind !== 'scalar' || value.type !== 'string') {
      const type = value.kind === 'map' ? 'object' : value.kind === 'list' ? 'array' : value.type === 'boolean' ? 'bool' : value.type;
      return { problem: `json: cannot unmarshal ${type} into Go struct field .${name} of type string` };
    }
    found[name] = value.value;
  }
  return found;
};

const META_KINDS: ReadonlySet<string> = new Set([
  'CreateOptions',
  'DeleteOptions',
  'GetOptions',
  'ListOptions',
  'PatchOptions',
  'UpdateOptions',
  'Status',
  'List',
  'WatchEvent',
  'APIGroup',
  'APIGroupList',
  'APIResourceList',
  'APIVersions',
]);

const GO_PACKAGES: Readonly<Record<string, string>> = { '': 'core', 'events.k8s.io': 'core', policy: 'policy' };
const goPackage = (group: string): string => GO_PACKAGES[group] ?? group.split('.')[0]!;

interface GivenKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Where the body says nothing, what is expected holds. */
const givenKind = (apiVersion: string, kind: string, expected: ExpectedKind): GivenKind => {
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  const group = parts.length === 2 ? parts[0]! : '';
  const version = parts[parts.length - 1]!;
  const isBare = group === '' && version === '';
  return {
    group: isBare ? expected.group : group,
    version: isBare || (version === '' && group === expected.group) ? expected.version : version,
    kind: kind === '' ? expected.kind : kind,
  };
};

const isExpected = (given: GivenKind, expected: ExpectedKind): boolean =>
  given.group === expected.group &&
  (given.version === expected.version || expected.formerVersions?.includes(given.version) === true) &&
  given.kind === expected.kind;

/** The version of upstream's own forms, which it knows but takes from nobody. */
const INTERNAL = '__internal';

/** It reads such an object before it refuses it; its fields have other names there, so that none is known. */
const readInternal = (given: GivenKind, expected: ExpectedKind, root: ManifestNode, doubled: readonly string[]): DecodedObject => {
  const [theirs, ours] = [groupVersion(given), groupVersion(expected)];
  const names = root.kind === 'map' ? root.entries.map(({ key }) => key).filter((name) => name !== 'apiVersion' && name !== 'kind') : [];
  return {
    draft: { apiVersion: theirs, kind: given.kind, metadata: {} as ObjectDraft['metadata'] },
    strictErrors: [...doubled, ...[...new Set(names)].map((name) => `unknown field ${JSON.stringify(name)}`)],
    refusal: badRequest(`the API version in the data (${theirs}) does not match the expected API version (${ours})`),
  };
};

const refuseInternal = (given: GivenKind, expected: ExpectedKind, start: string): void => {
  if (!['v1', 'v2'].some((version) => findKind(given.group, version, given.kind) !== undefined)) return;
  const names = [given, expected].map(({ group, kind }) => `(${goPackage(group)}.${kind})`);
  throw badRequest(`${start}: converting ${names.join(' to ')}: unknown conversion`);
};

const refuseOther = (given: GivenKind, expected: ExpectedKind, root: ManifestNode, language: BodyLanguage): never => {
  const start = `${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expected.kind}`;
  if (given.version === INTERNAL) refuseInternal(given, expected, start);
  const other = findKind(given.group, given.version, given.kind);
  if (other === undefined && !(given.version === 'v1' && META_KINDS.has(given.kind))) {
    throw badRequest(
      `${start}: no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(groupVersion(given))} ${SCHEME}`,
    );
  }
  if (other !== undefined) {
    const decoded = decodeAs(serverSchema.struct(other.struct), root, language);
    if (!decoded.ok) throw badRequest(`${start}: ${decoded.message}`);
  }
  throw badRequest(
    `${start}: converting (${given.version}.${given.kind}) to (${goPackage(expected.group)}.${expected.kind}): unknown conversion`,
  );
};

/** The text of a field. */
const textAt = (root: ManifestNode, bytes: Uint8Array, name: string): string => {
  const node = root.kind === 'map' ? root.entries.findLast(({ key }) => key === name)?.value : undefined;
  return node === undefined ? '' : decodeUtf8(bytes).slice(node.start, node.end);
};

/** Reads the kind and the fields of an object, and fills in its defaults. @throws ApiError 400 */
export const decodeTree = (
  tree: BodyTree & { readonly ok: true },
  bytes: Uint8Array,
  language: BodyLanguage,
  expected: ExpectedKind,
  gates: FeatureGates = {},
): DecodedObject => {
  const { root } = tree;
  const unrecognized = (message: string): never => {
    throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${message} (${summarize(bytes)})`);
  };
  const types = typeFields(root);
  if ('problem' in types) return unrecognized(`couldn't get version/kind; json parse error: ${types.problem}`);
  if (types.apiVersion.split('/').length > 2) return unrecognized(`unexpected GroupVersion string: ${types.apiVersion}`);
  const given = givenKind(types.apiVersion, types.kind, expected);
  if (given.version === INTERNAL && given.group === expected.group && given.kind === expected.kind)
    return readInternal(given, expected, root, tree.doubled);
  if (!isExpected(given, expected)) return refuseOther(given, expected, root, language);
  const decoded = decodeAs(serverSchema.struct(expected.struct), root, language, gates);
  const start = `${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expected.kind}`;
  if (!decoded.ok) throw badRequest(`${start}: ${decoded.message}`);
  const { apiVersion: _version, kind: _kind, ...values } = decoded.values;
  const draft = { apiVersion: groupVersion(expected), kind: expected.kind, ...values } as ObjectDraft;
  draft.metadata ??= {} as ObjectDraft['metadata'];
  if (draft.kind === 'ControllerRevision' && language === 'json' && bytes.length > 0)
    rememberText(draft['data'], textAt(root, bytes, 'data'));
  return { draft, strictErrors: [...tree.doubled, ...decoded.strictErrors] };
};

/** The same from the bytes of a body. */
export const decodeBody = (bytes: Uint8Array, language: BodyLanguage, expected: ExpectedKind, gates: FeatureGates = {}): DecodedObject => {
  const tree = readBody(bytes, language);
  if (!tree.ok) {
    throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${tree.message} (${summarize(bytes)})`);
  }
  return decodeTree(tree, bytes, language, expected, gates);
};

export const expectedOf = ({ group, version, kind, struct }: ApiResource): ExpectedKind => ({ group, version, kind, struct });

/** Refuses or warns of what a strict reader would not take, as asked for. @throws ApiError 400 */
export const applyFieldValidation = (
  { draft, strictErrors, refusal }: DecodedObject,
  mode: 'Ignore' | 'Warn' | 'Strict',
  expectedKind: string,
  warn: (text: string) => void,
): void => {
  if (mode === 'Warn') for (const text of strictErrors) warn(text);
  if (mode === 'Strict' && strictErrors.length > 0) {
    const version = draft.apiVersion.slice(draft.apiVersion.lastIndexOf('/') + 1);
    throw badRequest(
      `${draft.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expectedKind}: strict decoding error: ${strictErrors.join(', ')}`,
    );
  }
  if (refusal !== undefined) throw refusal;
};
