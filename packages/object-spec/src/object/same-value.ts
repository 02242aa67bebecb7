import { compareQuantities } from '@solo-kubelet/pod-spec';
import type { FieldSchema, StructSchema } from '@solo-kubelet/pod-spec/schema';
import { objectSchema } from '../schema.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Whether two values of a structure mean the same, as Kubernetes compares objects in an update: empty lists and maps count as absent, quantities by
 * their amount; a field that may be unset is not the same as an empty one.
 */
export const isSameStruct = (structName: string, a: object | undefined, b: object | undefined): boolean =>
  sameOptional(objectSchema.struct(structName), a as Values | undefined, b as Values | undefined);

/** The same for one field, where an empty list or map is not the same as none (Go's reflect.DeepEqual). */
export const isIdenticalField = (structName: string, fieldName: string, a: object, b: object): boolean =>
  sameField(objectSchema.struct(structName).byName.get(fieldName)!, (a as Values)[fieldName], (b as Values)[fieldName], true);

const sameOptional = (type: StructSchema, a: Values | undefined, b: Values | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameStruct(type, a, b);

const sameStruct = (type: StructSchema, a: Values, b: Values, isExact = false): boolean =>
  a === b || type.fields.every((field) => sameField(field, a[field.name], b[field.name], isExact));

/** Whether one field of two structures means the same. */
export const isSameField = (structName: string, fieldName: string, a: object, b: object): boolean =>
  sameField(objectSchema.struct(structName).byName.get(fieldName)!, (a as Values)[fieldName], (b as Values)[fieldName]);

const sameField = (field: FieldSchema, a: unknown, b: unknown, isExact = false): boolean => {
  if (isExact && field.container !== '' && (a === undefined) !== (b === undefined)) return false;
  if (field.container === 'list') {
    const [left, right] = [(a ?? []) as readonly unknown[], (b ?? []) as readonly unknown[]];
    return left.length === right.length && left.every((item, i) => sameOne(field, item, right[i], isExact));
  }
  if (field.container === 'map') {
    const [left, right] = [(a ?? {}) as Values, (b ?? {}) as Values];
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && sameOne(field, left[key], right[key], isExact))
    );
  }
  if (field.pointer && (a === undefined || b === undefined)) return a === b;
  return sameOne(field, a, b, isExact);
};

const sameOne = (field: FieldSchema, a: unknown, b: unknown, isExact: boolean): boolean => {
  if (field.struct !== undefined) return sameStruct(field.struct, (a ?? {}) as Values, (b ?? {}) as Values, isExact);
  if (field.base === 'Quantity') return compareQuantities((a ?? '0') as string, (b ?? '0') as string) === 0;
  if (field.base === 'RawObject') return JSON.stringify(a) === JSON.stringify(b);
  return (a ?? ZEROS[field.base]) === (b ?? ZEROS[field.base]);
};

const ZEROS: Readonly<Record<string, unknown>> = { string: '', Bytes: '', bool: false, int32: 0, int64: 0, IntOrString: 0 };
