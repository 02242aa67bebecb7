import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { ImagePullCredentials, ImagePullSecret, ImagePullServiceAccount } from '@solo-kubelet/reconciler/cri';

/** What is known of an image that was pulled (`ImagePulledRecord`). */
export interface PulledRecord {
  /** Unix ms; files keep whole seconds. */
  readonly lastUpdatedMs: number;
  /** The runtime's id. */
  readonly imageRef: string;
  /** By what containers say, without tag and digest. */
  readonly credentials: ReadonlyMap<string, ImagePullCredentials>;
}

/** A record as read; `current` is false of one in an older version of the API. */
export interface Decoded<Value> {
  readonly value: Value;
  readonly current: boolean;
}

const GROUP = 'kubelet.config.k8s.io';
const CURRENT = `${GROUP}/v1beta1`;
/** All have the same fields. */
const VERSIONS: readonly string[] = [CURRENT, `${GROUP}/v1alpha1`];

/** As Go writes it: with a line feed at the end. */
const encode = (kind: string, fields: object): string => `${JSON.stringify({ kind, apiVersion: CURRENT, ...fields })}\n`;

/** `image`: what a container says. */
export const encodeIntent = (image: string): string => encode('ImagePullIntent', { image });

export const encodeRecord = ({ lastUpdatedMs, imageRef, credentials }: PulledRecord): string =>
  encode('ImagePulledRecord', {
    lastUpdatedTime: new Date(lastUpdatedMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    imageRef,
    ...(credentials.size > 0 && {
      credentialMapping: Object.fromEntries(
        [...credentials].sort(([a], [b]) => (a < b ? -1 : 1)).map(([image, of]) => [image, encodeCredentials(of)]),
      ),
    }),
  });

const encodeCredentials = ({
  kubernetesSecrets = [],
  kubernetesServiceAccounts = [],
  nodePodsAccessible = false,
}: ImagePullCredentials): object => ({
  ...(kubernetesSecrets.length > 0 && {
    kubernetesSecrets: kubernetesSecrets.map(({ uid, namespace, name, credentialHash: hash }) => ({
      ...{ uid, namespace, name },
      credentialHash: hash,
    })),
  }),
  ...(kubernetesServiceAccounts.length > 0 && {
    kubernetesServiceAccounts: kubernetesServiceAccounts.map(({ uid, namespace, name }) => ({ uid, namespace, name })),
  }),
  ...(nodePodsAccessible && { nodePodsAccessible }),
});

/** The image of an intent. @throws Error for anything else, also with a field that is unknown: as upstream's strict decoder */
export const decodeIntent = (text: string): Decoded<string> => {
  const { current, fields } = decode('ImagePullIntent', text, ['image']);
  return { current, value: textOf(fields, 'image') };
};

/** @throws Error for anything else, also with a field that is unknown: as upstream's strict decoder */
export const decodeRecord = (text: string): Decoded<PulledRecord> => {
  const { current, fields } = decode('ImagePulledRecord', text, ['lastUpdatedTime', 'imageRef', 'credentialMapping']);
  const mapping = Object.entries(objectOf(fields, 'credentialMapping')).map(
    ([image, entry]) => [image, decodeCredentials(entry, `credentialMapping["${image}"]`)] as const,
  );
  const value = { lastUpdatedMs: timeOf(fields['lastUpdatedTime']), imageRef: textOf(fields, 'imageRef'), credentials: new Map(mapping) };
  return { current, value };
};

type Fields = Readonly<Record<string, unknown>>;

const decode = (kind: string, text: string, known: readonly string[]): { readonly current: boolean; readonly fields: Fields } => {
  const json = parseBoundedJson(text);
  if (!isRecord(json) || json['kind'] !== kind || !VERSIONS.includes(String(json['apiVersion'])))
    throw new Error(`must be a ${kind} of ${VERSIONS.join(' or ')}`);
  onlyKnown(json, ['kind', 'apiVersion', ...known], '');
  return { current: json['apiVersion'] === CURRENT, fields: json };
};

const onlyKnown = (fields: Fields, known: readonly string[], at: string): void => {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`unknown field "${at}${unknown}"`);
};

const decodeCredentials = (entry: unknown, at: string): ImagePullCredentials => {
  if (!isRecord(entry)) throw new Error(`${at} must be an object`);
  onlyKnown(entry, ['kubernetesSecrets', 'kubernetesServiceAccounts', 'nodePodsAccessible'], `${at}.`);
  const nodePodsAccessible = entry['nodePodsAccessible'] ?? false;
  if (typeof nodePodsAccessible !== 'boolean') throw new Error(`${at}.nodePodsAccessible must be true or false`);
  return {
    kubernetesSecrets: listOf(entry, 'kubernetesSecrets', at, decodeSecret),
    kubernetesServiceAccounts: listOf(entry, 'kubernetesServiceAccounts', at, decodeAccount),
    nodePodsAccessible,
  };
};

const listOf = <Value>(fields: Fields, name: string, at: string, one: (entry: Fields, at: string) => Value): readonly Value[] => {
  const list = fields[name] ?? [];
  if (!Array.isArray(list) || !list.every(isRecord)) throw new Error(`${at}.${name} must be a list of objects`);
  return list.map((entry, index) => one(entry, `${at}.${name}[${index}].`));
};

const decodeSecret = (entry: Fields, at: string): ImagePullSecret => {
  onlyKnown(entry, ['uid', 'namespace', 'name', 'credentialHash'], at);
  return { ...coordinatesOf(entry), credentialHash: textOf(entry, 'credentialHash') };
};

const decodeAccount = (entry: Fields, at: string): ImagePullServiceAccount => {
  onlyKnown(entry, ['uid', 'namespace', 'name'], at);
  return coordinatesOf(entry);
};

const coordinatesOf = (entry: Fields): ImagePullServiceAccount => ({
  uid: textOf(entry, 'uid'),
  namespace: textOf(entry, 'namespace'),
  name: textOf(entry, 'name'),
});

const textOf = (fields: Fields, name: string): string => {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw new Error(`${name} must be a string`);
  return value;
};

const objectOf = (fields: Fields, name: string): Fields => {
  const value = fields[name] ?? {};
  if (!isRecord(value)) throw new Error(`${name} must be an object`);
  return value;
};

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** None is long ago. */
const timeOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0;
  const ms = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error('lastUpdatedTime must be a time such as 2026-01-31T12:00:00Z');
  return ms;
};
