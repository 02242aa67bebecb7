import type { ManifestNode } from './node.js';

/**
 * Whether lists and maps of a node nest deeper than so many levels. The reader of manifests allows 10,000, as Go's does, and so does what skips fields that
 * nobody knows; whatever recurses over nodes has to ask first. It does not recurse itself, and looks at nodes that aliases share once for each level.
 */
export const nodeNestsDeeper = (root: ManifestNode, levels: number): boolean => {
  let level: ManifestNode[] = root.kind === 'scalar' ? [] : [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    const below = new Set<ManifestNode>();
    for (const node of level) {
      if (node.kind === 'list') for (const item of node.items) if (item.kind !== 'scalar') below.add(item);
      if (node.kind === 'map') for (const { value } of node.entries) if (value.kind !== 'scalar') below.add(value);
    }
    level = [...below];
  }
  return false;
};
