import { isObject, type MutableJson, type MutableObject, own } from '../json/json-value.js';
import { asMap, countSteps, DIRECTIVE, type MergeContext, noMergeKey } from './merge-context.js';
import { stableSort } from './stable-sort.js';

/** How the items of a list are told apart. */
export interface ItemIdentity {
  /** Whether items are objects, which are told apart by `mergeKey`; others are what they are. */
  readonly areMaps: boolean;
  readonly mergeKey: string;
}

const identityOf = (item: MutableJson, { areMaps, mergeKey }: ItemIdentity): MutableJson | undefined => {
  if (!areMaps) return item;
  return isObject(item) ? (own(item as MutableObject, mergeKey) ?? null) : null;
};

/** Where the items of an order list stand, by what tells them apart; of several that are alike the first. */
const positions = (order: readonly MutableJson[], identity: ItemIdentity): ReadonlyMap<MutableJson | undefined, number> => {
  const index = new Map<MutableJson | undefined, number>();
  for (const [position, item] of order.entries()) {
    const key = identityOf(item, identity);
    if (!index.has(key)) index.set(key, position);
  }
  return index;
};

const checkMergeKeys = (mergeKey: string, list: readonly MutableJson[]): void => {
  for (const item of list) if (own(asMap(item), mergeKey) === undefined) throw noMergeKey(asMap(item), mergeKey);
};

const isDeletion = (item: MutableJson): boolean => own(asMap(item), DIRECTIVE) === 'delete';

/** Without the items that only tell what to delete. */
export const withoutDeletions = (list: readonly MutableJson[]): MutableJson[] => list.filter((item) => !isDeletion(item));

const sortBy = (list: MutableJson[], order: readonly MutableJson[], identity: ItemIdentity): MutableJson[] => {
  const deleted = identity.areMaps ? list.filter(isDeletion) : [];
  const sorted = identity.areMaps ? withoutDeletions(list) : [...list];
  const index = positions(order, identity);
  stableSort(sorted, (left, right) => {
    const [l, r] = [sorted[left], sorted[right]].map((item) => index.get(identityOf(item as MutableJson, identity)));
    return l === undefined || r === undefined || l < r;
  });
  return [...sorted, ...deleted];
};

/** Puts each server item before the first patch item that it preceded; without a common order patch items come first. */
const interleave = (
  serverOnly: readonly MutableJson[],
  patch: readonly MutableJson[],
  serverOrder: readonly MutableJson[],
  identity: ItemIdentity,
): MutableJson[] => {
  const index = positions(serverOrder, identity);
  const all: MutableJson[] = [];
  let next = 0;
  for (const item of patch) {
    const place = index.get(identityOf(item, identity));
    while (next < serverOnly.length) {
      const candidate = serverOnly[next] as MutableJson;
      const before = index.get(identityOf(candidate, identity));
      if (place === undefined || before === undefined || before >= place) break;
      all.push(candidate);
      next += 1;
    }
    all.push(item);
  }
  return [...all, ...serverOnly.slice(next)];
};

export interface OrderedLists {
  /** Items of the merged list that the patch or the order list names. */
  readonly patch: MutableJson[];
  readonly serverOnly: MutableJson[];
  readonly patchOrder: readonly MutableJson[];
  readonly serverOrder: readonly MutableJson[];
}

/** The merged list in order: order list, then order of the patch, then order of the live object. */
export const orderElements = (
  { patch, serverOnly, patchOrder, serverOrder }: OrderedLists,
  identity: ItemIdentity,
  context: MergeContext,
): MutableJson[] => {
  countSteps(context, patch.length + serverOnly.length + patchOrder.length + serverOrder.length);
  if (identity.areMaps) for (const list of [patch, patchOrder, serverOnly, serverOrder]) checkMergeKeys(identity.mergeKey, list);
  return interleave(sortBy(serverOnly, serverOrder, identity), sortBy(patch, patchOrder, identity), serverOrder, identity);
};
