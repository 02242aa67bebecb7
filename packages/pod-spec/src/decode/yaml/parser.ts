import { createNodeCount, syntaxFailure } from '../node.js';
import { composeDocument } from './compose-document.js';
import type { RawNode } from './raw-node.js';
import type { DecodeBytes } from './scalar-value.js';
import type { YamlScanner } from './scanner.js';
import type { YamlToken } from './token.js';

export interface YamlDocument {
  /** Absent for a stream without a document. */
  readonly root?: RawNode;
  readonly start: number;
  readonly end: number;
  readonly hasAlias: boolean;
}

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
    const onRoot = (root: RawNode): void => {
      partial = root;
    };
    const { root, hasAlias } = composeDocument({ scanner, handles, decodeBytes, countNode, onRoot });
    token = scanner.peek();
    if (token.type === 'documentEnd') scanner.skip();
    return { root, start, end: token.start, hasAlias };
  };
  return { next, partial: (): RawNode | undefined => partial };
};

const isDocumentHead = ({ type }: YamlToken): boolean => type === 'version' || type === 'tagDirective' || type === 'documentStart';
