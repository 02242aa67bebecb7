import type { RawList, RawMap, RawNode } from './raw-node.js';

/** A map or a list that is not at its end. `flowPair`: the map of a lone `a: b` in a flow sequence. */
export interface Frame {
  readonly kind: 'blockSequence' | 'indentlessSequence' | 'blockMapping' | 'flowSequence' | 'flowMapping' | 'flowPair';
  readonly node: RawMap | RawList;
  first: boolean;
  /** Maps: the key whose value comes next. */
  key: RawNode | undefined;
  /** Flow maps: a key without `:` was read, so that its value is empty. */
  lone: boolean;
}

export interface NodeTree {
  /** The innermost that is open. */
  readonly top: () => Frame | undefined;
  /** Adds a node to the innermost that is open: as an item, a key, or the value of the key before it. */
  readonly attach: (node: RawNode) => void;
  /** Adds the empty node that stands where nothing was written. */
  readonly attachEmpty: (at: number) => void;
  readonly open: (kind: Frame['kind'], node: RawMap | RawList) => void;
  readonly close: (end?: number) => void;
}

/** Builds the nodes of one document from the outside in. `countNode` is called for each, and `onRoot` for the outermost before it is filled. */
export const createNodeTree = (countNode: (at: number) => void, onRoot: (root: RawNode) => void): NodeTree => {
  const frames: Frame[] = [];
  const attach = (node: RawNode): void => {
    countNode(node.start);
    const frame = frames[frames.length - 1];
    if (frame === undefined) {
      onRoot(node);
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
  return {
    top: () => frames[frames.length - 1],
    attach,
    attachEmpty: (at) => attach({ kind: 'scalar', value: { type: 'null' }, isMerge: false, start: at, end: at }),
    open: (kind, node) => {
      attach(node);
      frames.push({ kind, node, first: true, key: undefined, lone: false });
    },
    close: (end) => {
      const frame = frames.pop()!;
      if (end !== undefined) frame.node.end = end;
      const above = frames[frames.length - 1];
      if (above !== undefined) above.node.end = Math.max(above.node.end, frame.node.end);
    },
  };
};
