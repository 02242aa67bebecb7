import { syntaxFailure } from '../node.js';
import type { NodeTree } from './node-tree.js';
import type { RawAlias, RawList, RawMap, RawNode } from './raw-node.js';
import { type DecodeBytes, readYamlScalar } from './scalar-value.js';
import type { YamlScanner } from './scanner.js';
import type { YamlToken } from './token.js';

export interface NodeReaderOptions {
  readonly scanner: YamlScanner;
  readonly tree: NodeTree;
  readonly handles: ReadonlyMap<string, string>;
  readonly decodeBytes: DecodeBytes;
}

const mergeTag = 'tag:yaml.org,2002:merge';

type TagToken = YamlToken & { readonly type: 'tag' };

/** Reads the nodes of one document: their anchors and tags, and what they begin. */
export const createNodeReader = ({ scanner, tree, handles, decodeBytes }: NodeReaderOptions) => {
  const anchors = new Map<string, Exclude<RawNode, RawAlias>>();
  let hasAlias = false;

  const readAlias = (token: YamlToken & { readonly type: 'alias' | 'anchor' }): void => {
    const target = anchors.get(token.name);
    if (target === undefined) throw syntaxFailure(`unknown anchor '${token.name}' referenced`, token.start, token.end);
    hasAlias = true;
    tree.attach({ kind: 'alias', name: token.name, target, start: token.start, end: token.end });
    scanner.skip();
  };
  const resolveTag = (token: TagToken | undefined): string => {
    if (token === undefined) return '';
    const uri = token.handle === '' ? '' : handles.get(token.handle);
    if (uri === undefined) throw syntaxFailure('found undefined tag handle', token.start, token.end);
    return uri + token.suffix;
  };

  const readNode = (block: boolean, indentless: boolean): void => {
    let token = scanner.peek();
    if (token.type === 'alias') {
      readAlias(token);
      return;
    }
    const start = token.start;
    let propertiesEnd = token.start;
    let anchor = '';
    let tagToken: TagToken | undefined;
    for (let step = 0; step < 2; step += 1) {
      if (token.type === 'anchor' && anchor === '') anchor = token.name;
      else if (token.type === 'tag' && tagToken === undefined) tagToken = token;
      else break;
      propertiesEnd = token.end;
      scanner.skip();
      token = scanner.peek();
    }
    const tag = resolveTag(tagToken);
    const keep = <N extends Exclude<RawNode, RawAlias>>(node: N): N => {
      if (anchor !== '') anchors.set(anchor, node);
      return node;
    };
    const list = (): RawList => keep({ kind: 'list', items: [], start, end: token.end });
    const map = (): RawMap => keep({ kind: 'map', pairs: [], start, end: token.end });
    if (indentless && token.type === 'blockEntry') {
      tree.open('indentlessSequence', list());
      return;
    }
    if (token.type === 'scalar') {
      const implicit = tag === '!' || (tag === '' && token.plain);
      const value = readYamlScalar({ value: token.value, implicit, tag, start: token.start, end: token.end }, decodeBytes);
      const isMerge = token.value === '<<' && (implicit || tag === mergeTag);
      tree.attach(keep({ kind: 'scalar', value, isMerge, start: token.start, end: token.end }));
      scanner.skip();
      return;
    }
    if (token.type === 'flowSequenceStart' || token.type === 'flowMappingStart') {
      if (token.type === 'flowSequenceStart') tree.open('flowSequence', list());
      else tree.open('flowMapping', map());
      scanner.skip();
      return;
    }
    if (block && (token.type === 'blockSequenceStart' || token.type === 'blockMappingStart')) {
      if (token.type === 'blockSequenceStart') tree.open('blockSequence', list());
      else tree.open('blockMapping', map());
      scanner.skip();
      return;
    }
    if (anchor !== '' || tag !== '') {
      const value = readYamlScalar({ value: '', implicit: tag === '', tag, start, end: propertiesEnd }, decodeBytes);
      tree.attach(keep({ kind: 'scalar', value, isMerge: false, start, end: propertiesEnd }));
      return;
    }
    throw syntaxFailure('did not find expected node content', token.start, Math.max(token.end, token.start + 1));
  };

  return { readNode, hasAlias: (): boolean => hasAlias };
};
