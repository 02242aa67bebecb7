import type { NodeTree } from './node-tree.js';
import type { YamlScanner } from './scanner.js';
import type { YamlToken } from './token.js';

/** What the steps through the maps and lists of one document share. */
export interface Composer {
  readonly scanner: YamlScanner;
  readonly tree: NodeTree;
  /** Adds the node at the scanner to the tree. `block`: block collections may begin there; `indentless`: so may a list that is no deeper than its key. */
  readonly readNode: (block: boolean, indentless: boolean) => void;
}

export const isOneOf = ({ type }: YamlToken, a: YamlToken['type'], b: YamlToken['type'], c = b, d = b): boolean =>
  type === a || type === b || type === c || type === d;
