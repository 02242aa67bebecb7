import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json/json-value.js';
import { defaultManager } from './default-manager.js';
import { keepUnchangedTimes } from './keep-unchanged-times.js';
import { recordUpdate } from './record-update.js';
import { fromScaleManagedFields, toScaleManagedFields } from './scale-fields.js';

const type = { apiVersion: 'v1', kind: 'ConfigMap' };
const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const map = (data: JsonObject, managedFields?: unknown): object => ({
  ...type,
  metadata: { name: 'x', uid: 'u', ...(managedFields === undefined ? {} : { managedFields }) },
  data,
});
const entriesOf = (object: object): readonly JsonObject[] | undefined =>
  ((object as JsonObject)['metadata'] as JsonObject)['managedFields'] as JsonObject[] | undefined;

const created = recordUpdate({ type, after: map({ a: '1', b: '2' }), manager: 'w', now: at(0) });
const change = (after: object, manager = 'v', before: object = created): JsonObject =>
  recordUpdate({ type, before, after, manager, now: at(9) });

describe('recordUpdate', () => {
  it('gives a new object to who creates it', () =>
    expect(entriesOf(created)).toEqual([
      {
        manager: 'w',
        operation: 'Update',
        apiVersion: 'v1',
        time: at(0),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      },
    ]));

  it('moves what is changed to who changes it, and forgets what is gone', () =>
    expect(entriesOf(change(map({ a: '9' })))).toMatchObject([
      { manager: 'w', time: at(0), fieldsV1: { 'f:data': {} } },
      { manager: 'v', time: at(9), fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]));

  it('has owners inside a reference of a volume to its claim, though references have one elsewhere', () => {
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'v' },
      spec: { claimRef: { name: 'c', namespace: 'n' } },
    };
    const { fieldsV1 } = entriesOf(
      recordUpdate({ type: { apiVersion: 'v1', kind: 'PersistentVolume' }, after: volume, manager: 'w', now: at(0) }),
    )![0]!;
    expect(fieldsV1).toEqual({ 'f:spec': { 'f:claimRef': { '.': {}, 'f:name': {}, 'f:namespace': {} } } });
  });

  it('leaves the managers alone where nothing changes', () =>
    expect(entriesOf(change(map({ a: '1', b: '2' })))).toEqual(entriesOf(created)));

  it.each([[[]], [[{}]]])('forgets all managers for %j', (entries) =>
    expect(entriesOf(change(map({ a: '1', b: '2' }, entries)))).toBeUndefined(),
  );

  it.each([[null], [[{ manager: 'z', operation: 'Foo' }]], [[{ manager: 'z', operation: 'Update', apiVersion: 'v1' }]]])(
    'passes over %j',
    (entries) => expect(entriesOf(change(map({ a: '1', b: '2' }, entries)))).toEqual(entriesOf(created)),
  );

  it('takes managers that a request gives', () => {
    const given = [{ ...entriesOf(created)?.[0], manager: 'renamed' }];
    expect(entriesOf(change(map({ a: '1', b: '2' }, given)))).toEqual(given);
  });

  it('takes an object for its own type', () => {
    const after = map({ a: '1', b: '2' });
    expect(recordUpdate({ type: after as typeof type, after, manager: 'w', now: at(0) })).toEqual(created);
  });

  it('does not begin to manage an object that nobody manages', () => {
    const before = map({ a: '1' });
    expect(entriesOf(change(map({ a: '2' }), 'v', before))).toBeUndefined();
  });

  it('keeps eleven updaters as ten', () => {
    let object: JsonObject = created;
    for (let index = 0; index < 12; index += 1) {
      const data = { ...(object['data'] as JsonObject), [`k${index}`]: '1' };
      object = recordUpdate({ type, before: object, after: map(data), manager: `m${index}`, now: at(index + 1) });
    }
    const entries = entriesOf(object) ?? [];
    expect(entries).toHaveLength(10);
    expect(entries[0]).toMatchObject({ manager: 'ancient-changes', time: at(3), fieldsV1: { 'f:data': { 'f:a': {}, 'f:k2': {} } } });
  });

  it('counts no status that is written with the object, and nothing else that is written with the status', () => {
    const service = { apiVersion: 'apps/v1', kind: 'Deployment' };
    const object = (replicas: number, ready: number): object => ({
      ...service,
      metadata: { name: 'x', uid: 'u' },
      spec: { replicas },
      status: { readyReplicas: ready },
    });
    const main = recordUpdate({ type: service, after: object(1, 1), manager: 'w', now: at(0) });
    expect(entriesOf(main)).toMatchObject([{ fieldsV1: { 'f:spec': { 'f:replicas': {} } } }]);
    const status = recordUpdate({ type: service, before: main, after: object(2, 3), manager: 'w', subresource: 'status', now: at(1) });
    expect(entriesOf(status)).toEqual([
      entriesOf(main)?.[0],
      expect.objectContaining({ subresource: 'status', fieldsV1: { 'f:status': { 'f:readyReplicas': {} } } }),
    ]);
  });
});

describe('keepUnchangedTimes', () => {
  const withTime = (time: string, data: JsonObject = { a: '1' }): object => map(data, [{ ...entriesOf(created)?.[0], time }]);

  it('takes back times where nothing else is new', () =>
    expect(keepUnchangedTimes(withTime(at(0)), withTime(at(5)))).toEqual(withTime(at(0))));

  it('keeps times where something is', () => {
    const changed = withTime(at(5), { a: '2' });
    expect(keepUnchangedTimes(withTime(at(0)), changed)).toBe(changed);
  });
});

describe('defaultManager', () => {
  it.each([
    ['kubectl/v1.36 (linux)', 'kubectl'],
    ['', ''],
    ['a\u0007b\u200b/1', 'ab'],
    ['é'.repeat(100), 'é'.repeat(64)],
  ])('makes of %j %j', (userAgent, manager) => expect(defaultManager(userAgent)).toBe(manager));
});

describe('the managed fields of a Scale', () => {
  const entry = { operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', time: at(0) };
  const parent = [{ ...entry, manager: 'm1', fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } } }];

  it('are those of spec.replicas', () => {
    expect(toScaleManagedFields(parent, 'apps/v1')).toEqual([
      { ...entry, manager: 'm1', apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ]);
    expect(toScaleManagedFields([{ ...parent[0], fieldsV1: { 'f:spec': {} } }], 'apps/v1')).toBeUndefined();
  });

  it('go back to the object: who lost replicas loses it, who got it has it without a time', () => {
    const taken = [
      { ...entry, manager: 'hpa', subresource: 'scale', apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ];
    expect(fromScaleManagedFields(parent, taken, 'apps/v1')).toEqual([
      {
        manager: 'hpa',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        subresource: 'scale',
      },
      { ...parent[0], fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    ]);
    expect(fromScaleManagedFields(parent, toScaleManagedFields(parent, 'apps/v1'), 'apps/v1')).toEqual(parent);
  });
});
