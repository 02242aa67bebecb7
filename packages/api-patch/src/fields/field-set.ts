import type { ValueType } from '../schema/schema-types.js';
import { compareElements, type Path, type PathElement } from './path-element.js';

/** A field, and what is below it. */
export interface FieldNode {
  readonly element: PathElement;
  /** Whether the field itself is in the set, not only what is below. */
  readonly isMember: boolean;
  readonly children: FieldSet;
}

/** A set of fields of an object, by the texts of their elements. A node without members at any depth may not be in it. */
export type FieldSet = ReadonlyMap<string, FieldNode>;

type MutableFieldSet = Map<string, FieldNode>;

export const NO_FIELDS: FieldSet = new Map();

/** A set that can still grow. */
export const createFieldSet = (): MutableFieldSet => new Map();

/** Adds a field. The object as a whole (an empty path) is nobody's. */
export const insertPath = (set: FieldSet, path: Path): void => {
  let at = set as MutableFieldSet;
  for (const [depth, element] of path.entries()) {
    const isMember = depth === path.length - 1;
    const known = at.get(element.text);
    const node: FieldNode = {
      element,
      isMember: isMember || (known?.isMember ?? false),
      children: known === undefined || known.children === NO_FIELDS ? (isMember ? NO_FIELDS : createFieldSet()) : known.children,
    };
    at.set(element.text, node);
    at = node.children as MutableFieldSet;
  }
};

export const fieldSetOf = (...paths: readonly Path[]): FieldSet => {
  const set = createFieldSet();
  for (const path of paths) insertPath(set, path);
  return set;
};

export const isEmptySet = (set: FieldSet): boolean => {
  for (const { isMember, children } of set.values()) if (isMember || !isEmptySet(children)) return false;
  return true;
};

export const hasPath = (set: FieldSet, path: Path): boolean => {
  let at: FieldSet | undefined = set;
  for (const element of path.slice(0, -1)) at = at?.get(element.text)?.children;
  return at?.get(path.at(-1)?.text ?? '')?.isMember ?? false;
};

/** What is below one element. */
export const below = (set: FieldSet, { text }: PathElement): FieldSet => set.get(text)?.children ?? NO_FIELDS;

export const union = (left: FieldSet, right: FieldSet): FieldSet => {
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  const all = new Map(left);
  for (const [text, node] of right) {
    const other = all.get(text);
    all.set(
      text,
      other === undefined ? node : { ...node, isMember: node.isMember || other.isMember, children: union(other.children, node.children) },
    );
  }
  return all;
};

export const intersection = (left: FieldSet, right: FieldSet): FieldSet => {
  const both = createFieldSet();
  for (const [text, node] of left) {
    const other = right.get(text);
    if (other === undefined) continue;
    const children = intersection(node.children, other.children);
    const isMember = node.isMember && other.isMember;
    if (isMember || children.size > 0) both.set(text, { ...node, isMember, children });
  }
  return both;
};

/** Without the members of another set; what is below a member stays. */
export const difference = (left: FieldSet, right: FieldSet): FieldSet => {
  if (right.size === 0) return left;
  const rest = createFieldSet();
  for (const [text, node] of left) {
    const other = right.get(text);
    if (other === undefined) {
      rest.set(text, node);
      continue;
    }
    const children = difference(node.children, other.children);
    const isMember = node.isMember && !other.isMember;
    if (isMember || !isEmptySet(children)) rest.set(text, { ...node, isMember, children });
  }
  return rest;
};

/** Without the members of another set and all that is below them. */
export const recursiveDifference = (left: FieldSet, right: FieldSet): FieldSet => {
  if (right.size === 0) return left;
  const rest = createFieldSet();
  for (const [text, node] of left) {
    const other = right.get(text);
    if (other?.isMember) continue;
    const children = other === undefined ? node.children : recursiveDifference(node.children, other.children);
    if (node.isMember || !isEmptySet(children)) rest.set(text, { ...node, children });
  }
  return rest;
};

const sorted = (set: FieldSet): readonly FieldNode[] =>
  [...set.values()].sort((left, right) => compareElements(left.element, right.element));

/** Nodes in the order of fieldsV1. */
export const sortedNodes = sorted;

/** The members, in the order in which conflicts are listed: those of a level before what is below. */
export const memberPaths = (set: FieldSet, prefix: Path = []): readonly Path[] => {
  const nodes = sorted(set);
  return [
    ...nodes.filter(({ isMember }) => isMember).map(({ element }) => [...prefix, element]),
    ...nodes.flatMap(({ element, children }) => memberPaths(children, [...prefix, element])),
  ];
};

/** The same set with each declared field above a member as a member, too; keys of maps are not declared. */
export const withNamedFields = (set: FieldSet, type: ValueType | undefined): FieldSet => {
  const named = createFieldSet();
  for (const [text, node] of set) {
    const { element, children } = node;
    const field = element.type === 'field' && type?.type === 'map' ? type.fields.get(element.name) : undefined;
    const isMember = node.isMember || (field !== undefined && children.size > 0);
    named.set(text, { ...node, isMember, children: withNamedFields(children, field?.type ?? elementType(element, type)) });
  }
  return named;
};

const elementType = (element: PathElement, type: ValueType | undefined): ValueType | undefined => {
  if (element.type === 'field') return type?.type === 'map' ? type.element : undefined;
  return element.type === 'key' && type?.type === 'list' ? type.element : undefined;
};
