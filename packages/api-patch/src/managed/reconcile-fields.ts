import { createFieldSet, type FieldNode, type FieldSet, insertPath, isEmptySet, recursiveDifference, union } from '../fields/field-set.js';
import type { Path } from '../fields/path-element.js';
import type { ValueType } from '../schema/schema-types.js';
import { typeUnder } from '../typed/list-keys.js';

const typeOfNode = (type: ValueType, { element }: FieldNode): ValueType | undefined => {
  if (type.type === 'list') return type.element;
  if (type.type !== 'map') return undefined;
  return element.type === 'field' ? typeUnder(type, element.name) : type.element;
};

const addTooDeep = (atomic: FieldSet, set: FieldSet, type: ValueType, path: Path, isAtomic: boolean): void => {
  const ownsParts = type.type === 'list' ? type.relation === 'atomic' : type.type === 'map' && type.atomic && !isEmptySet(set);
  if (ownsParts && !isAtomic) {
    insertPath(atomic, path);
    return;
  }
  for (const node of set.values()) {
    const nodeType = typeOfNode(type, node);
    if (nodeType !== undefined)
      addTooDeep(atomic, node.children, nodeType, [...path, node.element], node.isMember && node.children.size === 0);
  }
};

/** A set that was written when a type was granular, or by somebody who thought so: who owns parts of an atomic value owns it whole. */
export const reconcileFields = (set: FieldSet, type: ValueType): FieldSet => {
  const atomic = createFieldSet();
  addTooDeep(atomic, set, type, [], false);
  return atomic.size === 0 ? set : union(recursiveDifference(set, atomic), atomic);
};
