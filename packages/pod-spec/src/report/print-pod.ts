import type { Pod } from '../gen/pod-types.js';
import { formatQuantity } from '../quantity/quantity.js';
import { type FieldSchema, type StructSchema, structSchema } from '../schema/field-schema.js';

/**
 * A Pod as Kubernetes prints it in v1 JSON. It differs from the Pod itself only in quantities beyond exa, whose exponent Kubernetes loses
 * in print: `1000E` becomes `1`.
 */
export const printablePod = (pod: Pod): Pod => printStruct(structSchema('Pod'), pod) as Pod;

/** The same for any structure. */
export const printStruct = (type: StructSchema, value: object): object => {
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const field = type.byName.get(name);
    // Where Go prints null for an empty list, the API server has put it there already.
    result[name] = field === undefined || item === undefined || item === null ? item : printField(field, item);
  }
  return result;
};

const printField = (field: FieldSchema, value: unknown): unknown => {
  if (field.struct === undefined && field.base !== 'Quantity') return value;
  if (field.container === 'list') return (value as readonly unknown[]).map((item) => printOne(field, item));
  if (field.container === 'map')
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, printOne(field, item)]));
  return printOne(field, value);
};

const printOne = (field: FieldSchema, value: unknown): unknown =>
  field.struct === undefined ? formatQuantity(value as string) : printStruct(field.struct, value as object);
