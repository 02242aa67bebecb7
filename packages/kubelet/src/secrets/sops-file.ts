import { createHash } from 'node:crypto';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { type ManifestNode, type MapEntry, type MapNode, readDocuments, type ScalarNode } from '@solo-kubelet/pod-spec/schema';
import { decryptManifest, MAX_RECIPIENTS } from './age-file.js';
import { SecretError } from './secret-error.js';
import { isSealed, openValue, plainBytes, yamlOf } from './sops-values.js';

/** In a file whose checksum is of encrypted values alone it begins with this. */
const ENCRYPTED_ONLY = createHash('sha256').update('sops').digest();
/** Maps and lists in one another; no manifest has as many. */
const MAX_DEPTH = 100;
/** Characters of the names above a value: all of them are part of what is authenticated with it, for each value anew. */
const MAX_PLACE = 4_096;

/** How a file is encrypted, as it says itself. */
interface Metadata {
  readonly age: readonly string[];
  readonly mac: string;
  readonly lastModified: string;
  readonly encryptedOnly: boolean;
}

/** A part of the text, and what stands there instead. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text of a manifest whose values are encrypted by SOPS for age recipients: each value stands decrypted in its place, on its line, and what SOPS
 * noted is gone. YAML, of one or several documents, or JSON.
 * @throws SecretError SECRET_FOREIGN, SECRET_DAMAGED, SECRET_TOO_LARGE
 */
export const decryptSopsManifest = async (content: Uint8Array, identities: readonly string[]): Promise<Uint8Array> => {
  if (content.length > MAX_MANIFEST_BYTES)
    throw new SecretError({
      code: 'SECRET_TOO_LARGE',
      message: `it has more than ${MAX_MANIFEST_BYTES} bytes: split it into several files`,
    });
  const { text, documents } = readDocuments(content, { first: false });
  const problem = documents.find((document) => document.problem)?.problem;
  if (problem !== undefined) throw damaged(`it is no manifest: ${problem.message}`);
  const tops = documents.flatMap(({ root }) => (root?.kind === 'map' ? [root] : []));
  const notes = tops.map((top) => member(top, 'sops')).find((node) => node?.kind === 'map');
  if (notes?.kind !== 'map') throw damaged('it has no "sops" block');
  const metadata = readMetadata(notes, text);
  const key = await dataKey(metadata.age, identities);
  const edits: Edit[] = [];
  const hash = createHash('sha512');
  if (metadata.encryptedOnly) hash.update(ENCRYPTED_ONLY);

  const leaf = (node: ScalarNode, path: readonly string[]): void => {
    const first = text[node.start];
    if (node.type === 'string' && first !== '|' && first !== '>' && isSealed(node.value)) {
      const opened = open(node.value, key, placeOf(path));
      hash.update(opened.bytes);
      const replacement = yamlOf(opened);
      if (replacement === undefined) throw damaged(`it holds a value of type ${opened.type}, which no manifest has`);
      edits.push({ start: node.start, end: node.end, text: replacement });
      return;
    }
    const clear = isPlain(node, text) ? plainBytes(writtenAs(node, text)) : writtenAs(node, text);
    if (clear !== undefined && !metadata.encryptedOnly) hash.update(clear);
  };
  const seen = new Set<ManifestNode>();
  const walk = (node: ManifestNode, path: readonly string[], depth: number): void => {
    if (depth > MAX_DEPTH) throw damaged('it is nested too deep');
    // A node that is met again stands for an alias.
    if (seen.has(node) || text[node.start] === '&') throw damaged('it has anchors or aliases');
    seen.add(node);
    if (node.kind === 'map') {
      for (const entry of entriesAsWritten(node)) {
        const name = nameOf(entry, text);
        if (depth === 0 && name === 'sops') edits.push(withoutNotes(entry, text));
        else walk(entry.value, [...path, name], depth + 1);
      }
    } else if (node.kind === 'list') for (const item of node.items) walk(item, path, depth + 1);
    else leaf(node, path);
  };
  for (const top of tops) walk(top, [], 0);

  const mac = open(metadata.mac, key, metadata.lastModified).bytes.toString();
  if (mac !== hash.digest('hex').toUpperCase()) throw damaged('its checksum is that of another content: values were changed without sops');
  return new TextEncoder().encode(edited(text, edits));
};

const damaged = (why: string): SecretError => new SecretError({ code: 'SECRET_DAMAGED', message: `it is encrypted by SOPS, but ${why}` });

const open = (text: string, key: Uint8Array, place: string): ReturnType<typeof openValue> => {
  try {
    return openValue(text, key, place);
  } catch {
    throw damaged('a value was changed, or stands in another place than it was encrypted for');
  }
};

const member = (map: MapNode, name: string): ManifestNode | undefined => map.entries.find(({ key }) => key === name)?.value;

/** In the order of the text, with those that a later one of the same name replaced. */
const entriesAsWritten = ({ entries, replaced = [] }: MapNode): readonly MapEntry[] =>
  [...entries, ...replaced].sort((a, b) => a.keyStart - b.keyStart);

const nameOf = ({ key, keyStart, keyEnd }: MapEntry, text: string): string => {
  const first = text[keyStart];
  if (first === '*') throw damaged('it has anchors or aliases');
  return first === '"' || first === "'" || first === '|' || first === '>' ? key : text.slice(keyStart, keyEnd).trimEnd();
};

const placeOf = (path: readonly string[]): string => {
  if (path.reduce((sum, { length }) => sum + length + 1, 0) > MAX_PLACE)
    throw damaged(`a value stands below names of more than ${MAX_PLACE} characters`);
  return `${path.join(':')}:`;
};

/** Neither quoted nor a block. A tag or an anchor without a value is an empty one. */
const isPlain = ({ start, end }: ScalarNode, text: string): boolean => start === end || !'"\'|>'.includes(text[start] ?? '');

/** A scalar as text: what is plain and on one line as it was written, whatever type it has. */
const writtenAs = (node: ScalarNode, text: string): string => {
  const source = text.slice(node.start, node.end);
  if (!isPlain(node, text) || source.includes('\n')) return node.value === null ? '' : String(node.value);
  return source.startsWith('!') || source.startsWith('&') ? '' : source.trimEnd();
};

const readMetadata = (notes: MapNode, text: string): Metadata => {
  const textOf = (name: string, map: MapNode = notes): string => {
    const node = member(map, name);
    return node?.kind === 'scalar' ? writtenAs(node, text) : '';
  };
  const listOf = (name: string): readonly ManifestNode[] => {
    const node = member(notes, name);
    return node?.kind === 'list' ? node.items : [];
  };
  if (listOf('key_groups').length > 0)
    throw new SecretError({
      code: 'SECRET_FOREIGN',
      message: 'it is encrypted by SOPS for groups of keys: encrypt it for age recipients alone',
    });
  const recipients = listOf('age').map((one) => (one.kind === 'map' ? textOf('enc', one) : ''));
  if (recipients.length === 0)
    throw new SecretError({
      code: 'SECRET_FOREIGN',
      message: 'it is encrypted by SOPS, but for no age recipient: encrypt it for the one that "kubelet-cli secret keygen" prints',
    });
  if (recipients.length > MAX_RECIPIENTS)
    throw new SecretError({ code: 'SECRET_FOREIGN', message: `it is encrypted for more than ${MAX_RECIPIENTS} recipients` });
  if (!isSealed(textOf('mac'))) throw damaged('it has no checksum');
  return {
    age: recipients,
    mac: textOf('mac'),
    lastModified: textOf('lastmodified'),
    encryptedOnly: textOf('mac_only_encrypted') === 'true',
  };
};

/** The key of the values, which is encrypted for each recipient by itself. */
const dataKey = async (encrypted: readonly string[], identities: readonly string[]): Promise<Uint8Array> => {
  let failure: unknown;
  for (const one of encrypted) {
    try {
      const key = await decryptManifest(new TextEncoder().encode(one), identities);
      if (key.length === 32) return key;
      failure = damaged('its key is none of AES-256');
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

/** The place of SOPS' own block, with the comma that belongs to it in JSON. Lines stay where they are. */
const withoutNotes = ({ keyStart: start, value }: MapEntry, text: string): Edit => {
  const { end } = value;
  const before = text.slice(0, start).trimEnd();
  const isLater = before.endsWith(',');
  const from = isLater ? before.length - 1 : start;
  const to = isLater ? end : end + (/^\s*,/.exec(text.slice(end))?.[0].length ?? 0);
  return { start: from, end: to, text: text.slice(from, to).replace(/[^\n]/g, '') };
};

const edited = (text: string, edits: readonly Edit[]): string => {
  let [result, at] = ['', 0];
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
};
