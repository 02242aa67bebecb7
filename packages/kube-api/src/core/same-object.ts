import type { StoredObject } from '@solo-kubelet/api-server';

const text = ({ metadata: { resourceVersion: _version, ...metadata }, ...object }: StoredObject): string =>
  JSON.stringify(sorted({ ...object, metadata }), (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

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
export const isSameObject = (a: StoredObject, b: StoredObject): boolean => text(a) === text(b);
