import { syntaxFailure } from '../node.js';
import { type Composer, isOneOf } from './composer.js';
import type { Frame } from './node-tree.js';

/** Reads the next item of a list with dashes, or its end. */
export const blockSequenceStep = ({ scanner, tree, readNode }: Composer): void => {
  const token = scanner.peek();
  if (token.type === 'blockEntry') {
    scanner.skip();
    if (isOneOf(scanner.peek(), 'blockEntry', 'blockEnd')) tree.attachEmpty(token.end);
    else readNode(true, false);
  } else if (token.type === 'blockEnd') {
    scanner.skip();
    tree.close();
  } else throw syntaxFailure("did not find expected '-' indicator", token.start, Math.max(token.end, token.start + 1));
};

/** Reads the next item of a list whose dashes are under its key, or leaves it. */
export const indentlessSequenceStep = ({ scanner, tree, readNode }: Composer): void => {
  const token = scanner.peek();
  if (token.type !== 'blockEntry') {
    tree.close();
    return;
  }
  scanner.skip();
  if (isOneOf(scanner.peek(), 'blockEntry', 'key', 'value', 'blockEnd')) tree.attachEmpty(token.end);
  else readNode(true, false);
};

/** Reads the next key or value of a map with lines of its own, or its end. */
export const blockMappingStep = ({ scanner, tree, readNode }: Composer, frame: Frame): void => {
  const token = scanner.peek();
  if (frame.key === undefined) {
    if (token.type === 'key') {
      scanner.skip();
      if (isOneOf(scanner.peek(), 'key', 'value', 'blockEnd')) tree.attachEmpty(token.end);
      else readNode(true, true);
    } else if (token.type === 'blockEnd') {
      scanner.skip();
      tree.close();
    } else throw syntaxFailure('did not find expected key', token.start, Math.max(token.end, token.start + 1));
  } else if (token.type === 'value') {
    scanner.skip();
    if (isOneOf(scanner.peek(), 'key', 'value', 'blockEnd')) tree.attachEmpty(token.end);
    else readNode(true, true);
  } else tree.attachEmpty(token.start);
};
