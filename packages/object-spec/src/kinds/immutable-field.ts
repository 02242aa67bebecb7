import type { Report } from '@solo-kubelet/pod-spec/schema';
import { isSameField } from '../object/same-value.js';

const IMMUTABLE = 'field is immutable';

/** Says that a field of a structure must stay as it is, if it does not. */
export const validateUnchanged = (
  { struct, name, field }: { readonly struct: string; readonly name: string; readonly field: string },
  object: object,
  old: object,
  report: Report,
): void => {
  if (isSameField(struct, name, object, old)) return;
  const value: unknown = (object as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') report.invalid(field, value, IMMUTABLE);
  else report.invalidStructure(field, name === 'selector' ? withoutEmpty(value) : value, IMMUTABLE);
};

/** A label selector is printed by its names in JSON, and then without what is empty. */
const withoutEmpty = (selector: unknown): unknown =>
  typeof selector !== 'object' || selector === null
    ? selector
    : Object.fromEntries(Object.entries(selector).filter(([, value]) => Object.keys(value as object).length > 0));
