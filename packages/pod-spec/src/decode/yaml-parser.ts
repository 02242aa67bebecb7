import { createNodeCount, type ListNode, type ManifestNode, type MapEntry, type MapNode, type ScalarNode, syntaxFailure } from './node.js';
import { type DecodeBytes, formatFloatKey, readYamlScalar, type YamlValue } from './yaml-scalar.js';
import type { YamlScanner, YamlToken } from './yaml-scanner.js';

/** A document as it was composed: map keys are still nodes, aliases and merges are still there. */
export type RawNode = RawScalar | RawMap | RawList | RawAlias;
interface RawPlaced {
  readonly start: number;
  end: number;
}
type RawScalar = RawPlaced & { readonly kind: 'scalar'; readonly value: YamlValue; readonly isMerge: boolean };
export type RawMap = RawPlaced & { readonly kind: 'map'; readonly pairs: { key: RawNode; value: RawNode }[] };
type RawList = RawPlaced & { readonly kind: 'list'; readonly items: RawNode[] };
export type RawAlias = RawPlaced & { readonly kind: 'alias'; readonly name: string; readonly target: Exclude<RawNode, RawAlias> };

type FrameKind = 'blockSequence' | 'indentlessSequence' | 'blockMapping' | 'flowSequence' | 'flowMapping' | 'flowPair';
interface Frame {
  readonly kind: FrameKind;
  readonly node: RawMap | RawList;
  first: boolean;
  /** Maps: the key whose value comes next. */
  key: RawNode | undefined;
  /** Flow maps: a key without `:` was read, so that its value is empty. */
  lone: boolean;
}

export interface YamlDocument {
  /** Absent for a stream without a document. */
  readonly root?: RawNode;
  readonly start: number;
  readonly end: number;
  readonly hasAlias: boolean;
}

const mergeTag = 'tag:yaml.org,2002:merge';
const defaultHandles = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
] as const;

/** Reads documents one after another; `next` gives undefined after the last. `partial` holds what was composed before a failure. */
export const createYamlParser = (scanner: YamlScanner, decodeBytes: DecodeBytes) => {
  let started = false;
  let partial: RawNode | undefined;
  const countNode = createNodeCount();

  const readDirectives = (): ReadonlyMap<string, string> => {
    const handles = new Map<string, string>();
    let version = false;
    for (;;) {
      const token = scanner.peek();
      if (token.type === 'version') {
        if (version) throw syntaxFailure('found duplicate %YAML directive', token.start, token.end);
        if (token.version !== '1.1') throw syntaxFailure('found incompatible YAML document', token.start, token.end);
        version = true;
      } else if (token.type === 'tagDirective') {
        if (handles.has(token.handle)) throw syntaxFailure('found duplicate %TAG directive', token.start, token.end);
        handles.set(token.handle, token.prefix);
      } else break;
      scanner.skip();
    }
    for (const [handle, uri] of defaultHandles) if (!handles.has(handle)) handles.set(handle, uri);
    return handles;
  };

  const composeDocument = (handles: ReadonlyMap<string, string>): { root: RawNode; hasAlias: boolean } => {
    const anchors = new Map<string, Exclude<RawNode, RawAlias>>();
    const frames: Frame[] = [];
    let root: RawNode | undefined;
    let hasAlias = false;

    const attach = (node: RawNode): void => {
      countNode(node.start);
      const frame = frames[frames.length - 1];
      if (frame === undefined) {
        root = node;
        partial = node;
        return;
      }
      frame.node.end = Math.max(frame.node.end, node.end);
      if (frame.node.kind === 'list') frame.node.items.push(node);
      else if (frame.key === undefined) frame.key = node;
      else {
        frame.node.pairs.push({ key: frame.key, value: node });
        frame.key = undefined;
      }
    };
    const attachEmpty = (at: number): void => attach({ kind: 'scalar', value: { type: 'null' }, isMerge: false, start: at, end: at });
    const open = (kind: FrameKind, node: RawMap | RawList): void => {
      attach(node);
      frames.push({ kind, node, first: true, key: undefined, lone: false });
    };
    const close = (end?: number): void => {
      const frame = frames.pop()!;
      if (end !== undefined) frame.node.end = end;
      const above = frames[frames.length - 1];
      if (above !== undefined) above.node.end = Math.max(above.node.end, frame.node.end);
    };

    const readNode = (block: boolean, indentless: boolean): void => {
      let token = scanner.peek();
      if (token.type === 'alias') {
        const target = anchors.get(token.name);
        if (target === undefined) throw syntaxFailure(`unknown anchor '${token.name}' referenced`, token.start, token.end);
        hasAlias = true;
        attach({ kind: 'alias', name: token.name, target, start: token.start, end: token.end });
        scanner.skip();
        return;
      }
      const start = token.start;
      let propertiesEnd = token.start;
      let anchor = '';
      let tagToken: (YamlToken & { type: 'tag' }) | undefined;
      for (let step = 0; step < 2; step += 1) {
        if (token.type === 'anchor' && anchor === '') anchor = token.name;
        else if (token.type === 'tag' && tagToken === undefined) tagToken = token;
        else break;
        propertiesEnd = token.end;
        scanner.skip();
        token = scanner.peek();
      }
      let tag = '';
      if (tagToken !== undefined) {
        const uri = tagToken.handle === '' ? '' : handles.get(tagToken.handle);
        if (uri === undefined) throw syntaxFailure('found undefined tag handle', tagToken.start, tagToken.end);
        tag = uri + tagToken.suffix;
      }
      const keep = <N extends Exclude<RawNode, RawAlias>>(node: N): N => {
        if (anchor !== '') anchors.set(anchor, node);
        return node;
      };
      const list = (): RawList => keep({ kind: 'list', items: [], start, end: token.end });
      const map = (): RawMap => keep({ kind: 'map', pairs: [], start, end: token.end });
      if (indentless && token.type === 'blockEntry') {
        open('indentlessSequence', list());
        return;
      }
      if (token.type === 'scalar') {
        const implicit = tag === '!' || (tag === '' && token.plain);
        const value = readYamlScalar({ value: token.value, implicit, tag, start: token.start, end: token.end }, decodeBytes);
        const isMerge = token.value === '<<' && (implicit || tag === mergeTag);
        attach(keep({ kind: 'scalar', value, isMerge, start: token.start, end: token.end }));
        scanner.skip();
        return;
      }
      if (token.type === 'flowSequenceStart' || token.type === 'flowMappingStart') {
        if (token.type === 'flowSequenceStart') open('flowSequence', list());
        else open('flowMapping', map());
        scanner.skip();
        return;
      }
      if (block && (token.type === 'blockSequenceStart' || token.type === 'blockMappingStart')) {
        if (token.type === 'blockSequenceStart') open('blockSequence', list());
        else open('blockMapping', map());
        scanner.skip();
        return;
      }
      if (anchor !== '' || tag !== '') {
        const value = readYamlScalar({ value: '', implicit: tag === '', tag, start, end: propertiesEnd }, decodeBytes);
        attach(keep({ kind: 'scalar', value, isMerge: false, start, end: propertiesEnd }));
        return;
      }
      throw syntaxFailure('did not find expected node content', token.start, Math.max(token.end, token.start + 1));
    };

    const isOneOf = ({ type }: YamlToken, a: YamlToken['type'], b: YamlToken['type'], c = b, d = b): boolean =>
      type === a || type === b || type === c || type === d;
    const blockSequenceStep = (): void => {
      const token = scanner.peek();
      if (token.type === 'blockEntry') {
        scanner.skip();
        if (isOneOf(scanner.peek(), 'blockEntry', 'blockEnd')) attachEmpty(token.end);
        else readNode(true, false);
      } else if (token.type === 'blockEnd') {
        scanner.skip();
        close();
      } else throw syntaxFailure("did not find expected '-' indicator", token.start, Math.max(token.end, token.start + 1));
    };
    const indentlessSequenceStep = (): void => {
      const token = scanner.peek();
      if (token.type !== 'blockEntry') {
        close();
        return;
      }
      scanner.skip();
      if (isOneOf(scanner.peek(), 'blockEntry', 'key', 'value', 'blockEnd')) attachEmpty(token.end);
      else readNode(true, false);
    };
    const blockMappingStep = (frame: Frame): void => {
      const token = scanner.peek();
      if (frame.key === undefined) {
        if (token.type === 'key') {
          scanner.skip();
          if (isOneOf(scanner.peek(), 'key', 'value', 'blockEnd')) attachEmpty(token.end);
          else readNode(true, true);
        } else if (token.type === 'blockEnd') {
          scanner.skip();
          close();
        } else throw syntaxFailure('did not find expected key', token.start, Math.max(token.end, token.start + 1));
      } else if (token.type === 'value') {
        scanner.skip();
        if (isOneOf(scanner.peek(), 'key', 'value', 'blockEnd')) attachEmpty(token.end);
        else readNode(true, true);
      } else attachEmpty(token.start);
    };
    const flowSequenceStep = (frame: Frame): void => {
      let token = scanner.peek();
      if (token.type !== 'flowSequenceEnd') {
        if (!frame.first) {
          if (token.type !== 'flowEntry')
            throw syntaxFailure("did not find expected ',' or ']'", token.start, Math.max(token.end, token.start + 1));
          scanner.skip();
          token = scanner.peek();
        }
        frame.first = false;
        if (token.type === 'key') {
          open('flowPair', { kind: 'map', pairs: [], start: token.start, end: token.end });
          scanner.skip();
          return;
        }
        if (token.type !== 'flowSequenceEnd') {
          readNode(false, false);
          return;
        }
      }
      close(token.end);
      scanner.skip();
    };
    const flowPairStep = (frame: Frame): void => {
      const token = scanner.peek();
      if (frame.key === undefined && frame.node.kind === 'map' && frame.node.pairs.length > 0) {
        close();
        return;
      }
      if (frame.key === undefined) {
        if (isOneOf(token, 'value', 'flowEntry', 'flowSequenceEnd')) {
          scanner.skip();
          attachEmpty(token.end);
        } else readNode(false, false);
      } else if (token.type === 'value') {
        scanner.skip();
        if (isOneOf(scanner.peek(), 'flowEntry', 'flowSequenceEnd')) attachEmpty(token.end);
        else readNode(false, false);
      } else attachEmpty(token.start);
    };
    const flowMappingStep = (frame: Frame): void => {
      let token = scanner.peek();
      if (frame.key !== undefined) {
        if (!frame.lone && token.type === 'value') {
          scanner.skip();
          if (isOneOf(scanner.peek(), 'flowEntry', 'flowMappingEnd')) attachEmpty(token.end);
          else readNode(false, false);
        } else attachEmpty(token.start);
        frame.lone = false;
        return;
      }
      if (token.type !== 'flowMappingEnd') {
        if (!frame.first) {
          if (token.type !== 'flowEntry')
            throw syntaxFailure("did not find expected ',' or '}'", token.start, Math.max(token.end, token.start + 1));
          scanner.skip();
          token = scanner.peek();
        }
        frame.first = false;
        if (token.type === 'key') {
          scanner.skip();
          const next = scanner.peek();
          if (isOneOf(next, 'value', 'flowEntry', 'flowMappingEnd')) attachEmpty(next.start);
          else readNode(false, false);
          return;
        }
        if (token.type !== 'flowMappingEnd') {
          frame.lone = true;
          readNode(false, false);
          return;
        }
      }
      close(token.end);
      scanner.skip();
    };

    readNode(true, false);
    while (frames.length > 0) {
      const frame = frames[frames.length - 1]!;
      switch (frame.kind) {
        case 'blockSequence':
          blockSequenceStep();
          break;
        case 'indentlessSequence':
          indentlessSequenceStep();
          break;
        case 'blockMapping':
          blockMappingStep(frame);
          break;
        case 'flowSequence':
          flowSequenceStep(frame);
          break;
        case 'flowPair':
          flowPairStep(frame);
          break;
        case 'flowMapping':
          flowMappingStep(frame);
          break;
      }
    }
    return { root: root!, hasAlias };
  };

  const next = (): YamlDocument | undefined => {
    let token = scanner.peek();
    while (started && token.type === 'documentEnd') {
      scanner.skip();
      token = scanner.peek();
    }
    if (token.type === 'streamEnd') return undefined;
    partial = undefined;
    const explicit = started || isDocumentHead(token);
    started = true;
    const handles = explicit ? readDirectives() : new Map<string, string>(defaultHandles);
    token = scanner.peek();
    const start = token.start;
    if (explicit) {
      if (token.type !== 'documentStart')
        throw syntaxFailure('did not find expected <document start>', token.start, Math.max(token.end, token.start + 1));
      scanner.skip();
      token = scanner.peek();
      if (isDocumentHead(token) || token.type === 'documentEnd' || token.type === 'streamEnd') {
        return {
          root: { kind: 'scalar', value: { type: 'null' }, isMerge: false, start, end: start },
          start,
          end: token.start,
          hasAlias: false,
        };
      }
    }
    const { root, hasAlias } = composeDocument(handles);
    token = scanner.peek();
    if (token.type === 'documentEnd') scanner.skip();
    return { root, start, end: token.start, hasAlias };
  };
  return { next, partial: (): RawNode | undefined => partial };
};

const isDocumentHead = ({ type }: YamlToken): boolean => type === 'version' || type === 'tagDirective' || type === 'documentStart';

/** Above this many steps aliases may make up ever less of a document, down to a tenth. */
const fewSteps = 400_000;
const manySteps = 4_000_000;
const allowedAliasShare = (steps: number): number => {
  if (steps <= fewSteps) return 0.99;
  return steps >= manySteps ? 0.1 : 0.99 - (0.89 * (steps - fewSteps)) / (manySteps - fewSteps);
};

/** Refuses documents that contain themselves or that unfold to far more than was written (go-yaml's limits). */
export const checkAliases = (root: RawNode): void => {
  const work: ({ readonly node: RawNode } | { readonly leave: RawAlias })[] = [{ node: root }];
  const open = new Set<RawAlias>();
  let steps = 0;
  let aliased = 0;
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if ('leave' in item) {
      open.delete(item.leave);
      continue;
    }
    const { node } = item;
    steps += 1;
    if (open.size > 0) aliased += 1;
    if (aliased > 100 && steps > 1_000 && aliased / steps > allowedAliasShare(steps)) {
      throw syntaxFailure('document contains excessive aliasing', node.start, node.end);
    }
    if (node.kind === 'alias') {
      if (open.has(node)) throw syntaxFailure(`anchor '${node.name}' value contains itself`, node.start, node.end);
      open.add(node);
      work.push({ leave: node }, { node: node.target });
    } else if (node.kind === 'list') {
      for (let i = node.items.length - 1; i >= 0; i -= 1) work.push({ node: node.items[i]! });
    } else if (node.kind === 'map') {
      for (let i = node.pairs.length - 1; i >= 0; i -= 1) {
        const { key, value } = node.pairs[i]!;
        work.push({ node: value });
        if (!(key.kind === 'scalar' && key.isMerge)) work.push({ node: key });
      }
    }
  }
};

const dereference = (node: RawNode): Exclude<RawNode, RawAlias> => (node.kind === 'alias' ? node.target : node);

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

  const collect = (map: RawMap, entries: Map<string, MapEntry>, replaced: MapEntry[] = []): void => {
    // Nothing is merged into most maps.
    const own = entries.size === 0 && !map.pairs.some(({ key }) => isMergeKey(key)) ? entries : new Map<string, MapEntry>();
    for (const { key, value } of map.pairs) {
      if (isMergeKey(key)) {
        mergeInto(value, entries);
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
  const mergeInto = (raw: RawNode, entries: Map<string, MapEntry>): void => {
    const node = raw.kind === 'list' ? raw : dereference(raw);
    if (node.kind === 'map') {
      collect(node, entries);
      return;
    }
    const sources = raw.kind === 'list' ? [...raw.items].reverse() : undefined;
    if (sources === undefined) throw syntaxFailure('map merge requires map or sequence of maps as the value', raw.start, raw.end);
    for (const source of sources) {
      const map = dereference(source);
      if (map.kind !== 'map') throw syntaxFailure('map merge requires map or sequence of maps as the value', source.start, source.end);
      collect(map, entries);
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
      collect(map.raw, entries, replaced);
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
