import { createHash } from 'node:crypto';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { readDocuments } from '@solo-kubelet/pod-spec/schema';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { decryptManifest, MAX_RECIPIENTS } from './age-file.js';
import { SecretError } from './secret-error.js';
import { isSealed, openValue, plainBytes, yamlOf } from './sops-values.js';

/** In a file whose checksum is of encrypted values alone it begins with this. */
const ENCRYPTED_ONLY = createHash('sha256').update('sops').digest();
/** Maps and lists in one another; no manifest has as many. */
const MAX_DEPTH = 100;

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
  const text = new TextDecoder().decode(content);
  // The reader of manifests has bounds for depth and for the number of values; the library, which alone tells how each was written, has none.
  const problem = readDocuments(text, { first: false }).documents.find((document) => document.problem)?.problem;
  if (problem !== undefined) throw damaged(`it is no manifest: ${problem.message}`);
  const yaml = await import('yaml');
  // A key that comes twice is told of by the reader of the decrypted text; here each would be held against all others.
  const documents = yaml.parseAllDocuments(text, { version: '1.1', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) throw damaged('it is no YAML');
  const tops = documents.map((document: Document) => document.contents).filter(yaml.isMap) as YAMLMap[];
  const notes = tops.map((top) => top.get('sops', true)).find((node) => yaml.isMap(node)) as YAMLMap | undefined;
  if (notes === undefined) throw damaged('it has no "sops" block');
  const metadata = readMetadata(notes);
  const key = await dataKey(metadata.age, identities);
  const edits: Edit[] = [];
  const hash = createHash('sha512');
  if (metadata.encryptedOnly) hash.update(ENCRYPTED_ONLY);

  const leaf = (node: Node | null, place: string): void => {
    if (!yaml.isScalar(node)) return;
    const { type, source = '', range } = node;
    const written = String(node.value ?? '');
    if (range && type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED' && isSealed(written)) {
      const opened = open(written, key, place);
      hash.update(opened.bytes);
      const replacement = yamlOf(opened);
      if (replacement === undefined) throw damaged(`it holds a value of type ${opened.type}, which no manifest has`);
      edits.push({ start: range[0], end: range[1], text: replacement });
      return;
    }
    const clear = type === 'PLAIN' ? plainBytes(source) : written;
    if (clear !== undefined && !metadata.encryptedOnly) hash.update(clear);
  };
  const walk = (node: unknown, path: readonly string[], depth: number): void => {
    if (depth > MAX_DEPTH) throw damaged('it is nested too deep');
    if (yaml.isAlias(node) || (yaml.isNode(node) && 'anchor' in node && node.anchor !== undefined))
      throw damaged('it has anchors or aliases');
    if (yaml.isMap(node)) {
      for (const pair of node.items as Pair<Node, Node | null>[]) {
        const name = yaml.isScalar(pair.key) ? String(pair.key.value) : '';
        if (depth === 0 && name === 'sops') edits.push(withoutNotes(pair, text));
        else walk(pair.value, [...path, name], depth + 1);
      }
    } else if (yaml.isSeq(node)) for (const item of node.items) walk(item, path, depth + 1);
    else leaf(node as Node | null, `${path.join(':')}:`);
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

const readMetadata = (notes: YAMLMap): Metadata => {
  const textOf = (name: string): string => String(notes.get(name) ?? '');
  const groups = notes.get('key_groups') as { readonly items?: readonly unknown[] } | undefined;
  if ((groups?.items?.length ?? 0) > 0)
    throw new SecretError({
      code: 'SECRET_FOREIGN',
      message: 'it is encrypted by SOPS for groups of keys: encrypt it for age recipients alone',
    });
  const age = notes.get('age') as { readonly items?: readonly YAMLMap[] } | undefined;
  const recipients = (age?.items ?? []).map((one) => String(one?.get?.('enc') ?? ''));
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
const withoutNotes = ({ key, value }: Pair<Node, Node | null>, text: string): Edit => {
  const [start, end] = [key.range?.[0] ?? 0, value?.range?.[1] ?? 0];
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
