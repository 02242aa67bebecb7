import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json/json-value.js';
import { type AppliedObject, type ServerSideApplyRequest, serverSideApply } from './server-side-apply.js';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
const NOW = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:01:00Z';

const map = (data: JsonObject, metadata: JsonObject = {}): JsonObject => ({ ...configMap, metadata: { name: 'x', ...metadata }, data });

const apply = (request: Partial<ServerSideApplyRequest>) =>
  serverSideApply({ type: configMap, applied: {}, manager: 'm1', force: false, now: NOW, ...request });

const applied = (request: Partial<ServerSideApplyRequest>): AppliedObject => {
  const result = apply(request);
  if (!result.ok) throw new Error(result.error.message);
  return result;
};

const managersOf = ({ object }: { readonly object: JsonObject }): unknown =>
  ((object['metadata'] as JsonObject)['managedFields'] as JsonObject[] | undefined)?.map(
    ({ manager, operation, subresource, fieldsV1 }) => ({
      manager,
      operation,
      ...(subresource === undefined ? {} : { subresource }),
      fieldsV1,
    }),
  );

const messageOf = (request: Partial<ServerSideApplyRequest>): string => {
  const result = apply(request);
  return result.ok ? 'ok' : `${result.error.code} ${result.error.message}`;
};

describe('serverSideApply', () => {
  it('creates an object that its manager owns', () => {
    const created = applied({ applied: map({ a: '1' }) });
    expect(created).toEqual({
      ok: true,
      changed: true,
      object: {
        ...map({ a: '1' }),
        metadata: {
          name: 'x',
          managedFields: [
            {
              manager: 'm1',
              operation: 'Apply',
              apiVersion: 'v1',
              time: NOW,
              fieldsType: 'FieldsV1',
              fieldsV1: { 'f:data': { 'f:a': {} } },
            },
          ],
        },
      },
    });
  });

  it('shares a field that two managers apply alike, until both have dropped it', () => {
    const live = applied({ applied: map({ a: '1' }) }).object;
    const shared = applied({ live, applied: map({ a: '1' }), manager: 'm2', now: LATER });
    expect(shared.changed).toBe(false);
    expect(managersOf(shared)).toMatchObject([{ manager: 'm2' }, { manager: 'm1' }]);
    const dropped = applied({ live: shared.object, applied: map({}) });
    expect(dropped.object['data']).toEqual({ a: '1' });
    const gone = applied({ live: dropped.object, applied: map({}), manager: 'm2' });
    expect(gone.object['data']).toEqual({});
  });

  it('refuses to change what others own, in upstream words, and takes it by force', () => {
    const live = applied({ live: applied({ applied: map({ a: '1', b: '1' }) }).object, applied: map({ a: '1' }), manager: 'm2' }).object;
    expect(apply({ live, applied: map({ a: '9', b: '9' }), manager: 'm3' })).toEqual({
      ok: false,
      error: {
        type: 'applyConflict',
        code: 409,
        reason: 'Conflict',
        message: 'Apply failed with 3 conflicts: conflicts with "m1":\n- .data.a\n- .data.b\nconflicts with "m2":\n- .data.a',
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.a' },
          { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.b' },
          { reason: 'FieldManagerConflict', message: 'conflict with "m2"', field: '.data.a' },
        ],
      },
    });
    const forced = applied({ live, applied: map({ a: '9', b: '9' }), manager: 'm3', force: true });
    expect(managersOf(forced)).toEqual([{ manager: 'm3', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } }]);
  });

  it('merges items of lists by their keys, and names the item in a conflict', () => {
    const pods = (containers: readonly JsonObject[]): JsonObject => ({
      ...deployment,
      metadata: { name: 'x' },
      spec: { template: { spec: { containers } } },
    });
    const live = applied({ type: deployment, applied: pods([{ name: 'a', image: '1', ports: [{ containerPort: 80 }] }]) }).object;
    const both = applied({ type: deployment, live, applied: pods([{ name: 'b', image: '1' }]), manager: 'm2' });
    expect(both.object).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } } } });
    expect(managersOf(both)).toMatchObject([
      {
        fieldsV1: {
          'f:spec': {
            'f:template': {
              'f:spec': {
                'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {} } } } },
              },
            },
          },
        },
      },
      { manager: 'm2' },
    ]);
    expect(messageOf({ type: deployment, live, applied: pods([{ name: 'a', image: '2' }]), manager: 'm2' })).toBe(
      '409 Apply failed with 1 conflict: conflict with "m1": .spec.template.spec.containers[name="a"].image',
    );
    const dropped = applied({ type: deployment, live: both.object, applied: pods([{ name: 'c', image: '1' }]) });
    expect(dropped.object).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'b' }, { name: 'c' }] } } } });
  });

  it('lets who sets part of an atomic value own it whole', () => {
    const live = applied({ applied: map({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] }) });
    expect(managersOf(live)).toMatchObject([{ fieldsV1: { 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"u"}': {} } } } }]);
  });

  it('gives what nobody manages to before-first-apply', () => {
    const live = { ...map({ a: '1' }), metadata: { name: 'x', uid: 'u' } };
    expect(messageOf({ live, applied: map({ a: '2' }) })).toBe(
      '409 Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
    expect(managersOf(applied({ live, applied: map({ b: '2' }) }))).toMatchObject([
      { manager: 'm1' },
      { manager: 'before-first-apply', operation: 'Update' },
    ]);
  });

  it('keeps the manager of a subresource apart, and passes over what the subresource resets', () => {
    const type = { apiVersion: 'v1', kind: 'Pod' };
    const live = { ...type, metadata: { name: 'x', uid: 'u' }, spec: { containers: [{ name: 'a' }] }, status: {} };
    const patch = { ...type, metadata: { name: 'x' }, spec: { nodeName: 'n' }, status: { phase: 'Running' } };
    const result = applied({ type, live, applied: patch, subresource: 'status' });
    expect(managersOf(result)).toContainEqual({
      manager: 'm1',
      operation: 'Apply',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:phase': {} } },
    });
    expect(
      messageOf({ type, live: result.object, applied: { ...patch, status: { phase: 'Failed' } }, manager: 'm2', subresource: 'status' }),
    ).toBe('409 Apply failed with 1 conflict: conflict with "m1" with subresource "status": .status.phase');
  });

  describe('for kubectl, of what client-side apply left', () => {
    const annotation = (data: JsonObject): JsonObject => ({
      'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify({ apiVersion: 'v1', data, kind: 'ConfigMap', metadata: { name: 'x' } })}\n`,
    });
    const updater = { manager: 'kubectl-client-side-apply', operation: 'Update', apiVersion: 'v1', time: NOW, fieldsType: 'FieldsV1' };
    const live = {
      ...map({ a: '1', b: '2' }, { annotations: annotation({ a: '1' }) }),
      metadata: {
        name: 'x',
        uid: 'u',
        annotations: annotation({ a: '1' }),
        managedFields: [{ ...updater, fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } }],
      },
    };

    it('takes over what it wrote, and writes the annotation anew', () => {
      const result = applied({ live, applied: map({ a: '9' }), manager: 'kubectl' });
      expect(result.object['data']).toEqual({ a: '9', b: '2' });
      expect((result.object['metadata'] as JsonObject)['annotations']).toEqual(annotation({ a: '9' }));
    });

    it('does not take over what was changed since, nor anything for another manager', () => {
      expect(messageOf({ live, applied: map({ a: '9', b: '9' }), manager: 'kubectl' })).toBe(
        '409 Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b',
      );
      expect(messageOf({ live, applied: map({ a: '9' }), manager: 'flux' })).toMatch(/^409 .*\.data\.a$/);
    });
  });

  it.each([
    [{ kind: 'ConfigMap' }, '400 invalid object type: /, Kind=ConfigMap'],
    [{ ...deployment }, '400 invalid object type: apps/v1, Kind=Deployment'],
    [{ apiVersion: 'a/b/c', kind: 'X' }, '400 invalid object type: /, Kind='],
    [null, '400 invalid object type: /, Kind='],
    [map({}, { managedFields: [] }), '400 metadata.managedFields must be nil'],
    [{ ...map({}), foo: 1 }, '500 failed to create typed patch object (/x; /v1, Kind=ConfigMap): .foo: field not declared in schema'],
    [{ ...configMap, data: [1] }, '500 failed to create typed patch object (/; /v1, Kind=ConfigMap): .data: expected map, got &{[1]}'],
    [
      map({ a: 5 }),
      '500 failed to create typed patch object (/x; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:5}',
    ],
    [
      map({}, { namespace: 'n', finalizers: ['e.com/a', 'e.com/a'] }),
      '500 failed to create typed patch object (n/x; /v1, Kind=ConfigMap): .metadata.finalizers: duplicate entries for key [="e.com/a"]',
    ],
    [
      { ...configMap, immutable: 'x', data: 1 },
      '500 failed to create typed patch object (/; /v1, Kind=ConfigMap): errors:\n  .immutable: expected boolean, got &{x}\n  .data: expected map, got &{1}',
    ],
  ])('answers %j with %s', (configuration, message) => expect(messageOf({ applied: configuration })).toBe(message));

  it('passes over a managedFields that is null', () => expect(messageOf({ applied: map({}, { managedFields: null }) })).toBe('ok'));
});
