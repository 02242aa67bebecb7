import type { FieldSchema, StructSchema } from './field-schema.js';

type Values = Record<string, unknown>;

export interface DropEmptyOptions {
  /** Those too that Kubernetes prints as null when there are none. */
  readonly required?: boolean;
}

/** Removes, in place, the lists and maps that are empty and that Kubernetes leaves out of JSON when they are. */
export const dropEmpty = (type: StructSchema, values: Values, options: DropEmptyOptions = {}): void => {
  for (const [name, value] of Object.entries(values)) {
    const field = type.byName.get(name);
    if (field === undefined || typeof value !== 'object' || value === null) continue;
    const isDropped = field.container !== '' && (field.optional || options.required === true);
    if (isDropped && Object.keys(value).length === 0) delete values[name];
    else if (field.struct !== undefined) dropInside(field, field.struct, value as Values | Values[], options);
  }
};

const dropInside = (field: FieldSchema, struct: StructSchema, value: Values | Values[], options: DropEmptyOptions): void => {
  if (field.container === '') dropEmpty(struct, value as Values, options);
  else for (const item of Object.values(value)) if (item !== undefined) dropEmpty(struct, item as Values, options);
};
