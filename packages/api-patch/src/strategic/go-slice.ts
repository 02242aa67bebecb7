import type { MutableJson } from '../json/json-value.js';

/**
 * A list as Go has it: a length, and an array that others may see too. Upstream takes items out of the live object's list in place and later
 * looks at the whole array for the order of the live items, so an item that is deleted and given anew stands at the end there.
 */
export interface GoSlice {
  readonly array: MutableJson[];
  readonly length: number;
}

export const sliceOf = (array: MutableJson[]): GoSlice => ({ array, length: array.length });

export const itemsOf = ({ array, length }: GoSlice): MutableJson[] => (length === array.length ? array : array.slice(0, length));

export const appendItem = ({ array, length }: GoSlice, item: MutableJson, isOwned: boolean): GoSlice => {
  if (length < array.length) {
    array[length] = item;
    return { array, length: length + 1 };
  }
  // What is full is copied once; the copy is nobody else's and can grow.
  const grown = isOwned ? array : array.slice();
  grown.push(item);
  return { array: grown, length: length + 1 };
};

export const removeItem = ({ array, length }: GoSlice, index: number): GoSlice => {
  array.copyWithin(index, index + 1, length);
  return { array, length: length - 1 };
};
