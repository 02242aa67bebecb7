import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ApiType,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  completeObject,
  decodeJson,
  type JsonObject,
  readJsonPatch,
  recordUpdate,
  serverSideApply,
} from '../src/index.js';

const NOW = '2026-01-01T00:00:00Z';
const type: ApiType = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** Keys that break careless code, among others. */
const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', 'name', '$patch', '$retainKeys', '$setElementOrder/env', '');
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, 1, -1, 1.5, 'x', '', 'delete', 'replace', 'merge'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
const containers = names.chain((list) =>
  fc.tuple(
    ...list.map((name) =>
      fc.record(
        {
          name: fc.constant(name),
          image: fc.constantFrom('i:1', 'i:2'),
          args: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
          env: names.map((env) => env.map((each) => ({ name: each, value: 'v' }))),
          ports: fc
            .uniqueArray(fc.constantFrom(80, 81, 82), { maxLength: 2 })
            .map((ports) => ports.map((containerPort) => ({ containerPort, protocol: 'TCP' }))),
        },
        { requiredKeys: ['name'] },
      ),
    ),
  ),
);
const labels = fc.dictionary(fc.constantFrom('l', 'm', 'n'), fc.constantFrom('1', '2'), { noNullPrototype: true });
/** Configurations of one object, each with some of its fields. */
const configuration = fc
  .record(
    { labels, finalizers: fc.uniqueArray(fc.constantFrom('e.com/a', 'e.com/b')), replicas: fc.nat(3), containers, nodeSelector: labels },
    { requiredKeys: [] },
  )
  .map(({ labels: given, finalizers, replicas, containers: list, nodeSelector }) => ({
    ...type,
    metadata: { name: 'x', ...(given && { labels: given }), ...(finalizers && { finalizers }) },
    spec: {
      ...(replicas !== undefined && { replicas }),
      template: { spec: { ...(list && { containers: list }), ...(nodeSelector && { nodeSelector }) } },
    },
  }));

const apply = (live: JsonObject | undefined, applied: unknown, manager: string, force = true): JsonObject => {
  const result = serverSideApply({ type, live, applied, manager, force, now: NOW });
  if (!result.ok) throw new Error(result.error.message);
  return result.object;
};

/** Whether an object has all that a configuration asks for; items of lists with keys are looked up by name or port. */
const has = (object: unknown, wanted: unknown): boolean => {
  if (Array.isArray(wanted)) {
    if (wanted.length === 0) return true;
    return (
      Array.isArray(object) &&
      wanted.every((item: unknown) => object.some((other: unknown) => has(other, item))) &&
      (typeof wanted[0] === 'object' || wanted.length <= object.length)
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return object === wanted;
  return Object.entries(wanted).every(([name, value]) => {
    const current = typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[name] : undefined;
    return has(current, value) || (typeof value === 'object' && value !== null && Object.keys(value).length === 0 && current === undefined);
  });
};

const withoutManagers = ({ metadata, ...rest }: JsonObject): JsonObject => {
  const { managedFields: _entries, ...others } = metadata as JsonObject;
  return { metadata: others, ...rest };
};

describe('server-side apply', () => {
  it('gives an object that has what was applied, whatever was there', () =>
    fc.assert(
      fc.property(configuration, configuration, configuration, (first, second, third) => {
        const live = apply(apply(undefined, first, 'm1'), second, 'm2');
        expect(has(apply(live, third, 'm1'), third)).toBe(true);
      }),
      { numRuns: 40 },
    ));

  it('changes nothing the second time', () =>
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const once = apply(apply(undefined, first, 'm1'), second, 'm2');
        const again = serverSideApply({ type, live: once, applied: second, manager: 'm2', force: false, now: '2027-01-01T00:00:00Z' });
        expect(again).toEqual({ ok: true, object: once, changed: false });
      }),
      { numRuns: 40 },
    ));

  it('takes out all that the only manager drops', () =>
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const changed = withoutManagers(apply(apply(undefined, first, 'm1'), second, 'm1'));
        const fresh = withoutManagers(apply(undefined, second, 'm1'));
        // What is left of the first are containers without content.
        expect(has(changed, second)).toBe(true);
        expect(has(fresh, JSON.parse(JSON.stringify(changed, (_, value: unknown) => value)))).toBe(true);
      }),
      { numRuns: 40 },
    ));

  it('does not depend on the order of managers that have nothing in common', () =>
    fc.assert(
      fc.property(labels, labels, fc.nat(3), (given, selector, replicas) => {
        const one = { ...type, metadata: { name: 'x', labels: given }, spec: { replicas } };
        const other = { ...type, metadata: { name: 'x', annotations: selector }, spec: { template: { spec: { nodeSelector: selector } } } };
        const left = apply(apply(undefined, one, 'm1', false), other, 'm2', false);
        const right = apply(apply(undefined, other, 'm2', false), one, 'm1', false);
        expect(left).toEqual(right);
      }),
      { numRuns: 40 },
    ));

  it('answers any configuration of any object with an object or an error', () =>
    fc.assert(
      fc.property(json, json, fc.boolean(), (live, applied, force) => {
        const object = typeof live === 'object' && live !== null && !Array.isArray(live) ? live : {};
        for (const configured of [applied, { ...type, spec: applied }, { ...type, metadata: applied }]) {
          const result = serverSideApply({ type, live: { ...type, ...object }, applied: configured, manager: 'm', force, now: NOW });
          expect(typeof result.ok).toBe('boolean');
        }
      }),
      { numRuns: 40 },
    ));
});

describe('managed fields', () => {
  it('name each field that an object has once it was created, and none that it has not', () =>
    fc.assert(
      fc.property(configuration, configuration, (first, second) => {
        const created = recordUpdate({ type, after: completeObject(type, first), manager: 'w', now: NOW });
        const after = completeObject(type, second);
        const updated = recordUpdate({ type, before: created, after, manager: 'v', now: NOW });
        expect(withoutManagers(updated)).toEqual(withoutManagers(after as JsonObject));
        const same = recordUpdate({ type, before: updated, after, manager: 'u', now: NOW });
        expect(same).toEqual(updated);
      }),
      { numRuns: 40 },
    ));
});

describe('patches', () => {
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'none'),
      path: fc.oneof(
        fc
          .array(fc.oneof(key, fc.constantFrom('0', '-1', '-', '1')), { maxLength: 4 })
          .map((parts) => parts.map((part) => `/${part}`).join('')),
        fc.string({ maxLength: 6 }),
      ),
      from: fc.array(key, { maxLength: 3 }).map((parts) => parts.map((part) => `/${part}`).join('')),
      value: json,
    },
    { requiredKeys: ['op'] },
  );
  const object = fc.dictionary(key, json, { noNullPrototype: true });
  const inherited = Object.getOwnPropertyNames(Object.prototype).sort().join();

  it('leave arguments and prototypes alone, and end', () =>
    fc.assert(
      fc.property(object, json, fc.array(operation, { maxLength: 12 }), (given, patch, operations) => {
        const before = JSON.stringify([given, patch, operations]);
        const deployment = { ...given, ...type, spec: { template: { spec: given } } };
        for (const result of [
          applyJsonPatch(given, operations),
          applyMergePatch(given, patch),
          applyStrategicMergePatch(type, deployment, patch),
          applyStrategicMergePatch(type, deployment, {
            metadata: patch,
            spec: { template: { spec: { containers: [patch, { name: 'a', env: patch }] } } },
          }),
        ]) {
          expect(typeof result.ok).toBe('boolean');
          expect(result.ok || result.error.message).toBeTruthy();
        }
        expect(JSON.stringify([given, patch, operations])).toBe(before);
        expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(inherited);
      }),
      { numRuns: 40 },
    ));

  it('are read as JSON.parse reads them, or refused where it refuses', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          json.map((value) => JSON.stringify(value)),
          fc.string(),
          fc.json(),
        ),
        (text) => {
          let parsed: { readonly value: unknown } | undefined;
          try {
            parsed = { value: JSON.parse(text) };
          } catch {
            parsed = undefined;
          }
          const decoded = decodeJson(text);
          expect(decoded.ok ? { value: decoded.value } : undefined).toEqual(parsed);
        },
      ),
      { numRuns: 40 },
    ));

  it('are refused where they are nested too deeply, without a fault', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(decodeJson(deep)).toEqual({ ok: false, message: 'exceeded max depth' });
    expect(readJsonPatch('['.repeat(100_000), { validate: false })).toMatchObject({ ok: false, error: { code: 400 } });
    let nested: JsonObject = {};
    for (let depth = 0; depth < 20_000; depth += 1) nested = { a: nested };
    expect(applyMergePatch({}, nested)).toMatchObject({ error: { code: 400 } });
    expect(applyStrategicMergePatch(type, nested, {})).toMatchObject({ error: { code: 400 } });
    expect(applyJsonPatch({}, [{ op: 'add', path: '/a', value: nested }])).toMatchObject({ error: { code: 400 } });
    expect(serverSideApply({ type, applied: nested, manager: 'm', force: false, now: NOW })).toMatchObject({ error: { code: 400 } });
    expect(recordUpdate({ type, after: { ...type, metadata: {}, ...nested }, manager: 'm', now: NOW })).toHaveProperty('a');
  });
});
