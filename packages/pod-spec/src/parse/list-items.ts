import type { ManifestNode } from '../decode/node.js';

/** The items of a list of objects: none where there are none; undefined where `items` is no list. */
export const listItems = (root: ManifestNode): readonly ManifestNode[] | undefined => {
  const entry = root.kind === 'map' ? root.entries.findLast(({ key }) => key === 'items') : undefined;
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.type === 'null')) return [];
  return entry.value.kind === 'list' ? entry.value.items : undefined;
};
