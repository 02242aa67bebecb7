import { isPlainText } from '@solo-kubelet/pod-spec/schema';
import type * as Yaml from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { identityOf } from './item-identity.js';

type Values = Readonly<Record<string, unknown>>;
type Library = Pick<typeof Yaml, 'isMap' | 'isSeq' | 'visit'>;

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSame = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => isSame(each, b[i]));
  if (!isValues(a) || !isValues(b)) return a === b;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.every((key) => isSame(a[key], b[key]));
};

/** Puts quotes around each text that Kubernetes' YAML would read as something else: it has words that YAML 1.2, and so the library, has no more. */
export const quoteTexts = (library: Library, node: Document | Node): void => {
  library.visit(node, {
    Scalar: (_key, scalar: Scalar) => {
      if (typeof scalar.value === 'string' && !isPlainText(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
};

const createNode = (library: Library, document: Document, value: unknown): Node => {
  const made = document.createNode(value);
  quoteTexts(library, made);
  return made;
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
    else setScalar(library, document, node, key, is);
  }
};

/** A value in place of another one; a comment beside it stays. */
const setScalar = (library: Library, document: Document, node: YAMLMap, key: string, value: unknown): void => {
  const made = createNode(library, document, value);
  const pair = node.items.find(({ key: name }: Pair) => (name as { readonly value?: unknown } | null)?.value === key || name === key);
  const old = pair?.value as { readonly comment?: string | null } | null | undefined;
  if (pair === undefined) node.items.push(document.createPair(createNode(library, document, key), made));
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
    return createNode(library, document, value);
  });
};
