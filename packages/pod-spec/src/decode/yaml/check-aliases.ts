import { syntaxFailure } from '../node.js';
import type { RawAlias, RawNode } from './raw-node.js';

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
