import { goPrint, goTypeName } from '../json/go-print.js';
import { isObject, type MutableJson, type MutableObject } from '../json/json-value.js';
import { internal, type PatchRefusal, tooLarge } from '../patch-error.js';

export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_LIST_PREFIX = '$deleteFromPrimitiveList';
export const ORDER_LIST_PREFIX = '$setElementOrder';

/** Items that a patch may have looked at, which is a second's work or so: for each item to delete, the list is searched from its beginning. */
const MAX_STEPS = 30_000_000;

/** How much work a patch has made. */
export interface MergeContext {
  steps: number;
}

export const countSteps = (context: MergeContext, steps: number): void => {
  context.steps += steps;
  if (context.steps > MAX_STEPS) throw tooLarge('The lists of the object and of the patch are too long to be merged');
};

export const badArgument = (expected: string, actual: unknown): PatchRefusal =>
  internal(`expected a ${expected}, but received a ${goTypeName(actual)}`);

export const noMergeKey = (item: MutableObject, key: string): PatchRefusal =>
  internal(`map: ${goPrint(item)} does not contain declared merge key: ${key}`);

export const unknownDirective = (directive: unknown, map: MutableObject): PatchRefusal =>
  internal(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(map)}`);

/** An item of a list whose items are objects. */
export const asMap = (item: MutableJson): MutableObject => {
  if (!isObject(item)) throw badArgument('map[string]interface {}', item);
  return item as MutableObject;
};
