import { expect, it } from 'vitest';
import type { StoredObject } from '../stored-object.js';
import { printObject } from './print-object.js';

it.each(['aaaa', '4e4e'])('a list that is not there and that Go does not leave out is null, whatever else the object holds (%s)', (uid) => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r', uid } } as StoredObject;
  expect(printObject('Role', role)).toMatchObject({ rules: null, metadata: { uid } });
});

it('nesting of any depth in what clients may fill as they like is printed as it is', () => {
  let deep: unknown = 'end';
  for (let i = 0; i < 9_000; i++) deep = { a: deep };
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'm', managedFields: [{ fieldsV1: deep }] },
  } as unknown as StoredObject;
  expect(printObject('ConfigMap', map).metadata.managedFields?.[0]?.fieldsV1).toBe(deep);
});
