import { isObject, type JsonObject, type JsonValue, type MutableJson, type MutableObject, setOwn } from '../json/json-value.js';
import { internal } from '../patch-error.js';
import { createFieldSet, type FieldNode, type FieldSet, NO_FIELDS, sortedNodes } from './field-set.js';
import { readElement } from './path-element.js';

const writeNode = ({ isMember, children }: FieldNode): MutableJson => {
  const below = toFieldsV1(children) as MutableObject;
  return isMember && children.size > 0 ? { '.': {}, ...below } : below;
};

/** A set as `fieldsV1` of a managed fields entry has it. */
export const toFieldsV1 = (set: FieldSet): JsonObject => {
  const fields: MutableObject = {};
  for (const node of sortedNodes(set)) setOwn(fields, node.element.text, writeNode(node));
  return fields;
};

interface ReadNode {
  readonly children: FieldSet;
  readonly isMember: boolean;
}

const readNode = (fields: JsonValue): ReadNode => {
  if (!isObject(fields)) throw internal('error decoding set: expect an object');
  const children = createFieldSet();
  let isMember = false;
  for (const [text, below] of Object.entries(fields as JsonObject)) {
    if (text === '.') {
      isMember = true;
      continue;
    }
    const element = readElement(text);
    if (element === undefined) continue;
    if ('error' in element) throw internal(`error decoding set: parsing key as path element: ${element.error}`);
    const node = readNode(below);
    children.set(element.text, { element, ...node });
  }
  return children.size === 0 ? { children: NO_FIELDS, isMember: true } : { children, isMember };
};

/** Reads `fieldsV1`. What is no set is refused; elements of kinds that are not known are passed over. */
export const fromFieldsV1 = (fields: JsonValue): FieldSet => readNode(fields).children;
