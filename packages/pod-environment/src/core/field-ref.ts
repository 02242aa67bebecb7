import type { Pod } from '@solo-kubelet/pod-spec';

export interface FieldContext {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  /** The pod's addresses, ordered (see podAddresses). */
  readonly podIps: readonly string[];
}

const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/s;

/** The value of a metadata field, as environment and volumes may use it; undefined for any other path. Upstream: pkg/fieldpath/fieldpath.go. */
export const metadataField = ({ metadata }: Pod, fieldPath: string): string | undefined => {
  const [, map, key] = subscript.exec(fieldPath) ?? [];
  switch (map ?? fieldPath) {
    case 'metadata.labels':
      return mapValue(metadata.labels, key);
    case 'metadata.annotations':
      return mapValue(metadata.annotations, key);
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    default:
      return undefined;
  }
};

/** The value of any field that an environment variable may name. */
export const podField = (pod: Pod, fieldPath: string, { nodeName, nodeIps, podIps }: FieldContext): string | undefined => {
  switch (fieldPath) {
    case 'spec.nodeName':
      return pod.spec.nodeName || nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return nodeIps[0] ?? '';
    case 'status.hostIPs':
      return nodeIps.join(',');
    case 'status.podIP':
      return podIps[0] ?? '';
    case 'status.podIPs':
      return podIps.join(',');
    default:
      return metadataField(pod, fieldPath);
  }
};

const mapValue = (map: Readonly<Record<string, string>> = {}, key: string | undefined): string =>
  key === undefined ? formatMap(map) : (map[key] ?? '');

/** `key="value"` lines, sorted by key, without a newline at the end. */
const formatMap = (map: Readonly<Record<string, string>>): string =>
  Object.keys(map)
    .sort(byBytes)
    .map((key) => `${key}=${quoteGo(map[key] ?? '')}`)
    .join('\n');

const byBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A Go double-quoted string: what is printable stays, all else is escaped. */
const quoteGo = (text: string): string => {
  const characters = [...text].map((character) => {
    const short = shortEscapes[character];
    if (short !== undefined) return short;
    if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
    if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
    return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return `"${characters.join('')}"`;
};

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
