import type { YamlValue } from './scalar-value.js';

/** A document as it was composed: map keys are still nodes, aliases and merges are still there. */
export type RawNode = RawScalar | RawMap | RawList | RawAlias;
interface RawPlaced {
  readonly start: number;
  end: number;
}
export type RawScalar = RawPlaced & { readonly kind: 'scalar'; readonly value: YamlValue; readonly isMerge: boolean };
export type RawMap = RawPlaced & { readonly kind: 'map'; readonly pairs: { key: RawNode; value: RawNode }[] };
export type RawList = RawPlaced & { readonly kind: 'list'; readonly items: RawNode[] };
export type RawAlias = RawPlaced & { readonly kind: 'alias'; readonly name: string; readonly target: Exclude<RawNode, RawAlias> };

/** The node that an alias stands for; any other node is itself. */
export const dereference = (node: RawNode): Exclude<RawNode, RawAlias> => (node.kind === 'alias' ? node.target : node);
