import { syntaxFailure } from '../node.js';
import { type Composer, isOneOf } from './composer.js';
import type { Frame } from './node-tree.js';

/** Reads the next item of a list in brackets, or its end. */
export const flowSequenceStep = ({ scanner, tree, readNode }: Composer, frame: Frame): void => {
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
      tree.open('flowPair', { kind: 'map', pairs: [], start: token.start, end: token.end });
      scanner.skip();
      return;
    }
    if (token.type !== 'flowSequenceEnd') {
      readNode(false, false);
      return;
    }
  }
  tree.close(token.end);
  scanner.skip();
};

/** Reads the key or the value of a lone `a: b` in brackets, or leaves it. */
export const flowPairStep = ({ scanner, tree, readNode }: Composer, frame: Frame): void => {
  const token = scanner.peek();
  if (frame.key === undefined && frame.node.kind === 'map' && frame.node.pairs.length > 0) {
    tree.close();
    return;
  }
  if (frame.key === undefined) {
    if (isOneOf(token, 'value', 'flowEntry', 'flowSequenceEnd')) {
      scanner.skip();
      tree.attachEmpty(token.end);
    } else readNode(false, false);
  } else if (token.type === 'value') {
    scanner.skip();
    if (isOneOf(scanner.peek(), 'flowEntry', 'flowSequenceEnd')) tree.attachEmpty(token.end);
    else readNode(false, false);
  } else tree.attachEmpty(token.start);
};

/** Reads the next key or value of a map in braces, or its end. */
export const flowMappingStep = ({ scanner, tree, readNode }: Composer, frame: Frame): void => {
  let token = scanner.peek();
  if (frame.key !== undefined) {
    if (!frame.lone && token.type === 'value') {
      scanner.skip();
      if (isOneOf(scanner.peek(), 'flowEntry', 'flowMappingEnd')) tree.attachEmpty(token.end);
      else readNode(false, false);
    } else tree.attachEmpty(token.start);
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
      if (isOneOf(next, 'value', 'flowEntry', 'flowMappingEnd')) tree.attachEmpty(next.start);
      else readNode(false, false);
      return;
    }
    if (token.type !== 'flowMappingEnd') {
      frame.lone = true;
      readNode(false, false);
      return;
    }
  }
  tree.close(token.end);
  scanner.skip();
};
