import {
  cloneJson,
  isObject,
  isTooDeep,
  type JsonObject,
  type JsonValue,
  MAX_DEPTH,
  type MutableJson,
  own,
  setOwn,
} from '../json/json-value.js';
import { RawScalar, sameText, textLength, withoutRawScalars } from '../json/raw-scalar.js';
import { asResult, badRequest, type PatchResult, tooLarge, unprocessable } from '../patch-error.js';
import { existingIndex, locate, readIndex } from './json-pointer.js';

/** One operation as RFC 6902 has it. What is missing or of another type is found out when the operation is carried out. */
export interface JsonPatchOperation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/** Operations that a JSON patch may have, as upstream's maxJSONPatchOperations. */
const MAX_OPERATIONS = 10_000;
/** What all copy operations of a patch may add to an object, in characters; upstream's JSONPatchMaxCopyBytes. */
const MAX_COPIED = 3 * 1024 * 1024;
/** List items that all operations of a patch may move, so that no patch keeps the process busy for more than about a second. */
const MAX_MOVED_ITEMS = 500_000_000;

/** The document while it is changed, and what is left of its limits. */
interface Work {
  root: MutableJson;
  copied: number;
  moved: number;
  hasRaw: boolean;
}

const pathOf = (operation: JsonPatchOperation, field: 'path' | 'from'): string => {
  const value = operation[field];
  if (typeof value !== 'string') throw unprocessable(`operation missing ${field} field: missing value`);
  return value;
};

const cloneRaw = (value: unknown, work: Work): MutableJson => {
  if (value instanceof RawScalar) {
    work.hasRaw = true;
    return value as unknown as MutableJson;
  }
  if (Array.isArray(value)) return value.map((item) => cloneRaw(item, work));
  if (!isObject(value)) return (value ?? null) as MutableJson;
  const copy: Record<string, MutableJson> = {};
  for (const [key, item] of Object.entries(value as object)) setOwn(copy, key, cloneRaw(item, work));
  return copy;
};

const countMoved = (work: Work, items: number): void => {
  work.moved += items;
  if (work.moved > MAX_MOVED_ITEMS) throw tooLarge('The operations of the JSON patch move too many list items');
};

const addAt = (work: Work, path: string, value: MutableJson): void => {
  const { container, key } = locate(work.root, path);
  if (!Array.isArray(container)) {
    setOwn(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const index = readIndex(key);
  const size = container.length + 1;
  if (index >= size || index < -size) throw unprocessable(`Unable to access invalid index: ${index}`);
  const at = index < 0 ? index + size : index;
  countMoved(work, container.length - at);
  container.splice(at, 0, value);
};

const removeAt = (work: Work, path: string): MutableJson => {
  const { container, key } = locate(work.root, path);
  if (Array.isArray(container)) {
    const index = existingIndex(container, key);
    countMoved(work, container.length - index);
    return container.splice(index, 1)[0] ?? null;
  }
  const value = own(container, key);
  if (value === undefined) throw unprocessable(`Unable to remove nonexistent key: ${key}`);
  delete container[key];
  return value;
};

/** Undefined where there is no such key; upstream does not tell that from null. */
const valueAt = (work: Work, path: string): MutableJson | undefined => {
  const { container, key } = locate(work.root, path);
  return Array.isArray(container) ? container[existingIndex(container, key)] : own(container, key);
};

const replaceAt = (work: Work, path: string, value: MutableJson): void => {
  if (path === '') {
    if (!isObject(value) && !Array.isArray(value)) throw unprocessable('replace operation value must be object or array');
    work.root = value;
    return;
  }
  const { container, key } = locate(work.root, path);
  if (Array.isArray(container)) container[existingIndex(container, key)] = value;
  // A key that is missing is no failure: upstream looks only whether it can be read.
  else setOwn(container, key, value);
};

const copyTo = (work: Work, from: string, path: string): void => {
  const value = valueAt(work, from) ?? null;
  // The destination is looked for before the copy is made, so that a wrong path costs nothing.
  locate(work.root, path);
  if (isTooDeep(value, MAX_DEPTH - path.split('/').length)) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
  const plain = work.hasRaw ? withoutRawScalars(value) : value;
  work.copied += textLength(plain);
  if (work.copied > MAX_COPIED) throw unprocessable('the accumulated size increase of copy operations exceeds the limit');
  addAt(work, path, cloneRaw(value, work));
};

const testAt = (work: Work, path: string, value: unknown): void => {
  const actual = path === '' ? work.root : (valueAt(work, path) ?? null);
  if (!sameText(actual, value ?? null)) throw unprocessable(`testing value ${path} failed: test failed`);
};

const applyOperation = (work: Work, operation: JsonPatchOperation): void => {
  switch (operation.op) {
    case 'add':
      addAt(work, pathOf(operation, 'path'), cloneRaw(operation.value, work));
      break;
    case 'remove':
      removeAt(work, pathOf(operation, 'path'));
      break;
    case 'replace':
      replaceAt(work, pathOf(operation, 'path'), cloneRaw(operation.value, work));
      break;
    case 'move': {
      const value = removeAt(work, pathOf(operation, 'from'));
      addAt(work, pathOf(operation, 'path'), value);
      break;
    }
    case 'copy':
      copyTo(work, pathOf(operation, 'from'), pathOf(operation, 'path'));
      break;
    case 'test':
      testAt(work, pathOf(operation, 'path'), operation.value);
      break;
    default:
      throw unprocessable(`Unexpected kind: ${typeof operation.op === 'string' ? operation.op : 'unknown'}`);
  }
};

/**
 * Applies a JSON patch (RFC 6902) as an API server of Kubernetes 1.36 does: with negative list indexes, with null for what is missing,
 * and with its limits. Changes neither argument. `operations` is a parsed text, or better what `readJsonPatch` made of one.
 */
export const applyJsonPatch = (object: object, operations: unknown): PatchResult<{ readonly object: JsonValue }> =>
  asResult(() => {
    if (operations !== null && !Array.isArray(operations)) throw badRequest('a JSON patch is a list of operations');
    const list: readonly unknown[] = operations ?? [];
    if (list.length > MAX_OPERATIONS)
      throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${list.length}`);
    if (isTooDeep(list) || isTooDeep(object)) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
    const work: Work = { root: cloneJson(object as JsonObject), copied: 0, moved: 0, hasRaw: false };
    for (const operation of list) {
      if (!isObject(operation) && operation !== null) throw badRequest('a JSON patch is a list of operations');
      applyOperation(work, operation ?? {});
    }
    if (isTooDeep(work.root)) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
    return { object: work.hasRaw ? withoutRawScalars(work.root) : work.root };
  });
