import { blockMappingStep, blockSequenceStep, indentlessSequenceStep } from './compose-block.js';
import { flowMappingStep, flowPairStep, flowSequenceStep } from './compose-flow.js';
import type { Composer } from './composer.js';
import { createNodeReader } from './node-reader.js';
import { createNodeTree } from './node-tree.js';
import type { RawNode } from './raw-node.js';
import type { DecodeBytes } from './scalar-value.js';
import type { YamlScanner } from './scanner.js';

export interface ComposeOptions {
  readonly scanner: YamlScanner;
  /** What the handles of tags stand for. */
  readonly handles: ReadonlyMap<string, string>;
  readonly decodeBytes: DecodeBytes;
  /** Called for each node with its place; throws SyntaxFailure when there are too many. */
  readonly countNode: (at: number) => void;
  /** Called with the outermost node before it is filled, so that it can be seen after a failure. */
  readonly onRoot: (root: RawNode) => void;
}

/** Composes the document at the scanner up to the token behind it. Throws SyntaxFailure. It does not recurse, so that depth costs no stack. */
export const composeDocument = (options: ComposeOptions): { root: RawNode; hasAlias: boolean } => {
  const { scanner, countNode, onRoot } = options;
  let root: RawNode | undefined;
  const tree = createNodeTree(countNode, (node) => {
    root = node;
    onRoot(node);
  });
  const reader = createNodeReader({ ...options, tree });
  const composer: Composer = { scanner, tree, readNode: reader.readNode };

  reader.readNode(true, false);
  for (let frame = tree.top(); frame !== undefined; frame = tree.top()) {
    switch (frame.kind) {
      case 'blockSequence':
        blockSequenceStep(composer);
        break;
      case 'indentlessSequence':
        indentlessSequenceStep(composer);
        break;
      case 'blockMapping':
        blockMappingStep(composer, frame);
        break;
      case 'flowSequence':
        flowSequenceStep(composer, frame);
        break;
      case 'flowPair':
        flowPairStep(composer, frame);
        break;
      case 'flowMapping':
        flowMappingStep(composer, frame);
        break;
    }
  }
  return { root: root!, hasAlias: reader.hasAlias() };
};
