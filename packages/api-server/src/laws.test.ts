import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askCore } from './testing/ask-core.js';

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'img:1', ports: [{ containerPort: 80 }] }] },
};
const OBJECTS: readonly (readonly [string, object])[] = [
  ['configmaps', { metadata: { name: 'x', labels: { a: 'b' } }, data: { a: '1' } }],
  ['pods', { metadata: { name: 'x' }, spec: { ...template.spec, tolerations: [{ key: 'k', operator: 'Exists' }] } }],
  ['services', { metadata: { name: 'x' }, spec: { ports: [{ name: 'a', port: 80 }], selector: { app: 'x' } } }],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template } },
  ],
  [
    '/apis/batch/v1/namespaces/default/jobs',
    { metadata: { name: 'x' }, spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } },
  ],
];

const key = fc.constantFrom(
  ...['metadata', 'labels', 'spec', 'data', 'template', 'containers', 'ports', 'replicas', 'name', 'image', 'a', 'finalizers', 'status'],
  ...['__proto__', 'constructor', 'toString', '$patch', '$retainKeys', '$setElementOrder/containers', 'ownerReferences', ''],
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom(null, true, 0, -1, 1.5, 2 ** 53, '', 'x', 'img:2', 'delete', 'replace', 'X_Y', '5%'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const pointer = fc
  .array(fc.oneof(key, fc.constantFrom('0', '-', '-1', '9')), { maxLength: 4 })
  .map((parts) => parts.map((part) => `/${part.replaceAll('/', '~1')}`).join(''));
const operation = fc.record({
  op: fc.constantFrom('add', 'replace', 'remove', 'move', 'copy', 'test'),
  path: pointer,
  from: pointer,
  value,
});

const patch = fc.oneof(
  fc.tuple(fc.constant('merge-patch+json'), fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })),
  fc.tuple(fc.constant('strategic-merge-patch+json'), fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })),
  fc.tuple(fc.constant('json-patch+json'), fc.array(operation, { maxLength: 4 })),
  fc.tuple(fc.constant('apply-patch+yaml'), fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })),
);

describe('random patches of objects', () => {
  it('end with an answer, leave prototypes alone, and leave only objects that could be written again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OBJECTS), fc.array(patch, { minLength: 1, maxLength: 4 }), ([path, object], patches) => {
        const ask = askCore();
        expect(ask('POST', path, object).code).toBe(201);
        const at = `${path}/x`;
        for (const [type, body] of patches) {
          const applied = type.startsWith('apply') ? { apiVersion: 'v1', kind: 'ConfigMap', ...body } : body;
          const { code } = ask('PATCH', `${at}?fieldManager=m&force=${type.startsWith('apply')}`, applied, {
            'content-type': `application/${type}`,
          });
          expect([200, 201, 400, 404, 409, 413, 415, 422, 500]).toContain(code);
        }
        expect(({} as Record<string, unknown>)['a']).toBeUndefined();
        expect(Object.hasOwn(Object.prototype, 'labels')).toBe(false);
        const { code, value: kept } = ask('GET', at);
        if (code !== 200) return;
        const again = ask('PUT', at, kept);
        expect([again.code, again.value.message]).toEqual([200, undefined]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('server-side apply through the server', () => {
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { noNullPrototype: true });
  const apply = (ask: ReturnType<typeof askCore>, manager: string, prefix: string, given: Readonly<Record<string, string>>) =>
    ask(
      'PATCH',
      `configmaps/x?fieldManager=${manager}&force=true`,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x' },
        data: Object.fromEntries(Object.entries(given).map(([name, each]) => [`${prefix}${name}`, each])),
      },
      { 'content-type': 'application/apply-patch+yaml' },
    );

  it('has what was applied, changes nothing the second time, and does not ask which of two strangers came first', () => {
    fc.assert(
      fc.property(data, data, (one, two) => {
        const [first, second] = [askCore(), askCore()];
        apply(first, 'm', 'm-', one);
        const both = apply(first, 'n', 'n-', two);
        apply(second, 'n', 'n-', two);
        expect(apply(second, 'm', 'm-', one).value.data).toEqual(both.value.data);
        const again = apply(first, 'n', 'n-', two);
        expect(again.value.metadata.resourceVersion).toBe(both.value.metadata.resourceVersion);
        for (const [name, each] of Object.entries(two)) expect(again.value.data[`n-${name}`]).toBe(each);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
