/** Feature gates by name, for fields that are there only while theirs is on; `all`: every field is there. */
export type FieldGates = Readonly<Record<string, boolean>> | 'all';

/** What a value may be, and how server-side apply merges it. */
export type ValueType = ScalarType | ListType | MapType | AnyType;

export interface ScalarType {
  readonly type: 'scalar';
  /** `any`: a string, number or boolean (a quantity, a time, a port). */
  readonly scalar: 'string' | 'number' | 'boolean' | 'any';
}

export interface ListType {
  readonly type: 'list';
  readonly element: ValueType;
  /** An atomic list has one owner; of a set and a map every item has owners of its own. */
  readonly relation: 'atomic' | 'set' | 'map';
  /** The fields that identify an item of a list that is a map. */
  readonly keys: readonly string[];
}

export interface MapType {
  readonly type: 'map';
  /** Of a struct; else empty. */
  readonly name: string;
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, FieldType>;
  /** Of the values whose keys are no fields. A struct has none. */
  readonly element?: ValueType;
}

/** Whatever JSON can hold: nothing is known of it. */
export interface AnyType {
  readonly type: 'any';
}

/** What a field is when nobody has set it and it is shown all the same. */
export type EmptyValue = 'null' | 'struct' | 'text' | 'zero' | 'false' | 'quantity';

export interface FieldType {
  readonly type: ValueType;
  /** Absent: the field is left out while it is empty. */
  readonly empty?: EmptyValue;
  /** In a strategic merge patch: items are merged, those of objects by this key; empty for a list of scalars. */
  readonly mergeKey?: string;
  /** In a strategic merge patch: the field's value is replaced whole. */
  readonly replaced: boolean;
  /** What stands for it in the key of a list item that lacks it. */
  readonly keyDefault?: string | number | boolean;
}
