import { type ListNode, type ManifestNode, type MapEntry, type MapNode, type ScalarNode, syntaxFailure } from '../node.js';
import { dereference, type RawList, type RawMap, type RawNode, type RawScalar } from './raw-node.js';
import { formatFloatKey } from './scalar-value.js';

const keyText = (node: RawNode): string => {
  const key = dereference(node);
  if (key.kind !== 'scalar') throw syntaxFailure('a map or a list cannot be a map key', node.start, node.end);
  switch (key.value.type) {
    case 'string':
      return key.value.value;
    case 'boolean':
      return String(key.value.value);
    case 'float':
      return formatFloatKey(key.value.value);
    case 'int':
      if (key.value.value < 2n ** 63n) return String(key.value.value);
  }
  throw syntaxFailure(key.value.type === 'null' ? 'null cannot be a map key' : 'a map key is too large a number', node.start, node.end);
};

const compareBytes = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    return leftHigh === (right >= 0xd800 && right <= 0xdfff) ? left - right : leftHigh ? 1 : -1;
  }
  return a.length - b.length;
};

const isMergeKey = (key: RawNode): boolean => key.kind === 'scalar' && key.isMerge;

/** Maps whose merge brings the next one: upstream bounds them by its stack alone. */
const MAX_MERGES = 200;

const surrogate = /[\ud800-\udfff]/;
const compareUnits = (a: MapEntry, b: MapEntry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** By the bytes of their keys, which is the order of UTF-16 units unless there are surrogates among them. */
const sortEntries = (entries: MapEntry[]): MapEntry[] =>
  entries.some(({ key }) => surrogate.test(key)) ? entries.sort((a, b) => compareBytes(a.key, b.key)) : entries.sort(compareUnits);

/**
 * Turns a composed document into plain nodes: aliases followed, merges done in the order they are written, keys made text and sorted.
 * `hasAlias` tells whether a node may be met twice.
 */
export const resolveDocument = (root: RawNode, hasAlias: boolean): ManifestNode => {
  const done = new Map<RawNode, ManifestNode>();
  const pending: { raw: RawMap; node: MapNode }[] = [];
  const lists: { raw: RawList; node: ListNode }[] = [];

  const convert = (raw: RawNode): ManifestNode => {
    const node = dereference(raw);
    const known = hasAlias ? done.get(node) : undefined;
    if (known !== undefined) return known;
    let made: ManifestNode;
    if (node.kind === 'scalar') made = scalarNode(node);
    else if (node.kind === 'list') {
      made = { kind: 'list', items: [], start: node.start, end: node.end };
      lists.push({ raw: node, node: made });
    } else {
      made = { kind: 'map', entries: [], start: node.start, end: node.end };
      pending.push({ raw: node, node: made });
    }
    if (hasAlias) done.set(node, made);
    return made;
  };

  const collect = (map: RawMap, entries: Map<string, MapEntry>, merges: number, replaced: MapEntry[] = []): void => {
    // Nothing is merged into most maps.
    const own = entries.size === 0 && !map.pairs.some(({ key }) => isMergeKey(key)) ? entries : new Map<string, MapEntry>();
    for (const { key, value } of map.pairs) {
      if (isMergeKey(key)) {
        mergeInto(value, entries, merges + 1);
        continue;
      }
      const text = keyText(key);
      const before = own.get(text);
      if (before !== undefined) replaced.push(before);
      const entry = { key: text, keyStart: key.start, keyEnd: key.end, value: convert(value) };
      own.set(text, entry);
      if (own !== entries) entries.set(text, entry);
    }
  };
  const mergeInto = (raw: RawNode, entries: Map<string, MapEntry>, merges: number): void => {
    if (merges > MAX_MERGES) throw syntaxFailure(`more than ${MAX_MERGES} maps are merged into one another`, raw.start, raw.end);
    const node = raw.kind === 'list' ? raw : dereference(raw);
    if (node.kind === 'map') {
      collect(node, entries, merges);
      return;
    }
    const sources = raw.kind === 'list' ? [...raw.items].reverse() : undefined;
    if (sources === undefined) throw syntaxFailure('map merge requires map or sequence of maps as the value', raw.start, raw.end);
    for (const source of sources) {
      const map = dereference(source);
      if (map.kind !== 'map') throw syntaxFailure('map merge requires map or sequence of maps as the value', source.start, source.end);
      collect(map, entries, merges);
    }
  };

  const result = convert(root);
  while (pending.length > 0 || lists.length > 0) {
    const list = lists.pop();
    if (list !== undefined) for (const item of list.raw.items) list.node.items.push(convert(item));
    const map = pending.pop();
    if (map !== undefined) {
      const entries = new Map<string, MapEntry>();
      const replaced: MapEntry[] = [];
      collect(map.raw, entries, 0, replaced);
      const { node } = map;
      if (replaced.length > 0) node.replaced = replaced;
      node.entries = sortEntries([...entries.values()]);
    }
  }
  return result;
};

const scalarNode = ({ value, start, end }: RawScalar): ScalarNode => {
  switch (value.type) {
    case 'null':
      return { kind: 'scalar', type: 'null', value: null, start, end };
    case 'boolean':
      return { kind: 'scalar', type: 'boolean', value: value.value, start, end };
    case 'int':
      return { kind: 'scalar', type: 'number', value: String(value.value), start, end };
    case 'float':
      if (!Number.isFinite(value.value)) throw syntaxFailure('JSON has no infinite numbers and no NaN', start, end);
      return { kind: 'scalar', type: 'number', value: Object.is(value.value, -0) ? '-0' : String(value.value), start, end };
    case 'string':
      return { kind: 'scalar', type: 'string', value: value.value, start, end };
  }
};
