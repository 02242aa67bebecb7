import type { Quantity } from '../gen/pod-types.js';
import { addQuantities, compareQuantities, formatQuantity, quantitySign } from '../quantity/quantity.js';

/** Amounts by the name of the resource, e.g. `{ cpu: '500m', memory: '1Gi' }`. */
export type ResourceList = Readonly<Record<string, Quantity>>;

export const sumLists = (a: ResourceList, b: ResourceList): ResourceList => merge(a, b, (x, y) => formatQuantity(addQuantities(x, y)));

export const maxLists = (a: ResourceList, b: ResourceList): ResourceList => merge(a, b, (x, y) => (compareQuantities(y, x) > 0 ? y : x));

const merge = (a: ResourceList, b: ResourceList, join: (x: Quantity, y: Quantity) => Quantity): ResourceList => {
  const result: Record<string, Quantity> = { ...a };
  for (const [name, quantity] of Object.entries(b)) {
    const present = result[name];
    result[name] = present === undefined ? formatQuantity(quantity) : join(present, quantity);
  }
  return result;
};

/** Absent counts as zero. */
export const isZero = (quantity: Quantity | undefined): boolean => quantity === undefined || quantitySign(quantity) === 0;
