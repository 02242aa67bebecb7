/** Whether the item at one index goes before the one at another; need not be an order. */
type Less = (left: number, right: number) => boolean;

const BLOCK = 20;

const swap = <Item>(items: Item[], left: number, right: number): void => {
  const kept = items[left] as Item;
  items[left] = items[right] as Item;
  items[right] = kept;
};

const insertionSort = <Item>(items: Item[], less: Less, from: number, to: number): void => {
  for (let index = from + 1; index < to; index += 1) for (let at = index; at > from && less(at, at - 1); at -= 1) swap(items, at, at - 1);
};

/** The first index of a range for which `test` no longer holds. */
const firstFailure = (from: number, to: number, test: (index: number) => boolean): number => {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
};

const rotate = <Item>(items: Item[], from: number, middle: number, to: number): void => {
  const moved = [...items.slice(middle, to), ...items.slice(from, middle)];
  for (const [offset, item] of moved.entries()) items[from + offset] = item;
};

/** SymMerge of Kim and Kutzner, 2004, over two sorted neighbours. */
const symmetricMerge = <Item>(items: Item[], less: Less, from: number, middle: number, to: number): void => {
  if (middle - from === 1) {
    const end = firstFailure(middle, to, (index) => less(index, from));
    rotate(items, from, middle, end);
    return;
  }
  if (to - middle === 1) {
    const start = firstFailure(from, middle, (index) => !less(middle, index));
    rotate(items, start, middle, to);
    return;
  }
  const half = (from + to) >> 1;
  const sum = half + middle;
  const [low, high] = middle > half ? [sum - to, half] : [from, middle];
  const start = firstFailure(low, high, (index) => !less(sum - 1 - index, index));
  const end = sum - start;
  if (start < middle && middle < end) rotate(items, start, middle, end);
  if (from < start && start < half) symmetricMerge(items, less, from, start, half);
  if (half < end && end < to) symmetricMerge(items, less, half, end, to);
};

/**
 * Sorts in place with the steps of Go's sort.SliceStable. The comparison of upstream's strategic merge is no order (an item that is in
 * no order list is less than everything), so what comes out depends on which items are compared, and Array.prototype.sort would do.
 */
export const stableSort = <Item>(items: Item[], less: Less): void => {
  const size = items.length;
  for (let from = 0; from < size; from += BLOCK) insertionSort(items, less, from, Math.min(from + BLOCK, size));
  for (let block = BLOCK; block < size; block *= 2) {
    for (let from = 0; from + block < size; from += 2 * block)
      symmetricMerge(items, less, from, from + block, Math.min(from + 2 * block, size));
  }
};
