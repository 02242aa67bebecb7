import type { StoredObject } from '@solo-kubelet/api-server';

/** Text that is the same for values that say the same. */
export const canonicalForm = (value: unknown): string =>
  JSON.stringify(sorted(value), (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));

/** The same for objects that differ in nothing but their version. */
export const objectForm = ({ metadata: { resourceVersion: _version, ...metadata }, ...object }: StoredObject): string =>
  canonicalForm({ ...object, metadata });

/** Keys in order, what is undefined left out: two ways to write an object down are one object. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
};

/** Whether two objects differ in nothing but their version. */
export const isSameObject = (a: StoredObject, b: StoredObject): boolean => objectForm(a) === objectForm(b);
