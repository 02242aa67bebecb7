import type { FieldSchema, StructSchema } from './field-schema.js';

type Values = Record<string, unknown>;

/** Removes, in place, the lists and maps that are empty and that Kubernetes leaves out of JSON when they are. */
export const dropEmpty = (type: StructSchema, values: Values): void => {
  for (const [name, value] of Object.entries(values)) {
    const field = type.byName.get(name);
    if (field === undefined || typeof value !== 'object' || value === null) continue;
    if (field.optional && field.container !== '' && Object.keys(value).length === 0) delete values[name];
    else if (field.struct !== undefined) dropInside(field, field.struct, value as Values | Values[]);
  }
};

const dropInside = (field: FieldSchema, struct: StructSchema, value: Values | Values[]): void => {
  if (field.container === '') dropEmpty(struct, value as Values);
  else for (const item of Object.values(value)) if (item !== undefined) dropEmpty(struct, item as Values);
};
