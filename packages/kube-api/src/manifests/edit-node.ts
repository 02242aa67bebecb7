import type * as Yaml from 'yaml';
import type { Document, Pair, YAMLMap, YAMLSeq } from 'yaml';

type Values = Readonly<Record<string, unknown>>;
type Library = Pick<typeof Yaml, 'isMap' | 'isSeq'>;

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSame = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => isSame(each, b[i]));
  if (!isValues(a) || !isValues(b)) return a === b;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.every((key) => isSame(a[key], b[key]));
};

/** What items of a list are told apart by. */
const IDENTITIES = ['name', 'mountPath', 'containerPort', 'devicePath', 'key', 'ip', 'topologyKey'];

const identityOf = (item: unknown): string | undefined => {
  if (!isValues(item)) return undefined;
  const field = IDENTITIES.find((name) => item[name] !== undefined);
  return field === undefined ? undefined : `${field}=${String(item[field])}`;
};

/**
 * Makes of a node that says `before` one that says `after`, by touching only what differs: comments, order and form of the rest stay. What the node
 * leaves out because it is a default stays left out while it does not change.
 */
export const editMap = (library: Library, document: Document, node: YAMLMap, before: Values, after: Values): void => {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (isSame(was, is)) continue;
    const child = node.get(key, true) as unknown;
    // A map that was not there may be there in the file, with what only files say: the rest of it stays.
    if (library.isMap(child) && (was === undefined || isValues(was)) && (is === undefined || isValues(is))) {
      editMap(library, document, child as YAMLMap, was ?? {}, is ?? {});
      if (is === undefined && (child as YAMLMap).items.length === 0) node.delete(key);
      continue;
    }
    if (is === undefined) {
      node.delete(key);
      continue;
    }
    if (Array.isArray(was) && Array.isArray(is) && library.isSeq(child)) editSeq(library, document, child as YAMLSeq, was, is);
    else setScalar(document, node, key, is);
  }
};

/** A value in place of another one; a comment beside it stays. */
const setScalar = (document: Document, node: YAMLMap, key: string, value: unknown): void => {
  const made = document.createNode(value);
  const pair = node.items.find(({ key: name }: Pair) => (name as { readonly value?: unknown } | null)?.value === key || name === key);
  const old = pair?.value as { readonly comment?: string | null } | null | undefined;
  if (pair === undefined) node.set(key, made);
  else {
    if (typeof old?.comment === 'string' && typeof value !== 'object') made.comment = old.comment;
    pair.value = made;
  }
};

const editSeq = (library: Library, document: Document, node: YAMLSeq, before: readonly unknown[], after: readonly unknown[]): void => {
  const items = node.items as unknown[];
  const written = items.map((item) => identityOf((item as { toJSON?: () => unknown } | null)?.toJSON?.()));
  node.items = after.map((value, i) => {
    const identity = identityOf(value);
    const at = identity === undefined ? i : written.indexOf(identity);
    const item = items[at];
    const was = identity === undefined ? before[i] : before.find((each) => identityOf(each) === identity);
    if (item !== undefined && isSame(was, value)) return item;
    if (library.isMap(item) && isValues(was) && isValues(value)) {
      editMap(library, document, item as YAMLMap, was, value);
      return item;
    }
    return document.createNode(value);
  });
};
