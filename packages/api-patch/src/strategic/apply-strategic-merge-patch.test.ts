import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { applyStrategicMergePatch } from './apply-strategic-merge-patch.js';

const pod = { apiVersion: 'v1', kind: 'Pod' };
const object = {
  metadata: { finalizers: ['f1', 'f2', 'f3'] },
  spec: {
    containers: [
      {
        name: 'a',
        image: '1',
        ports: [
          { containerPort: 80, protocol: 'TCP' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
      { name: 'b', image: '1', args: ['x', 'y'] },
    ],
    tolerations: [{ key: 'k' }],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
};

const apply = (patch: object): JsonObject | string => {
  const result = applyStrategicMergePatch(pod, object, patch);
  return result.ok ? result.object : `${result.error.code} ${result.error.message}`;
};
const spec = (patch: object): Readonly<Record<string, JsonValue>> => (apply({ spec: patch }) as JsonObject)['spec'] as JsonObject;
const names = (list: JsonValue | undefined): readonly unknown[] => (list as JsonObject[]).map(({ name }) => name);

describe('applyStrategicMergePatch', () => {
  it('merges items by their key', () => {
    const containers = spec({
      containers: [
        { name: 'b', image: '2' },
        { name: 'n', image: '3' },
      ],
    })['containers'];
    expect(names(containers)).toEqual(['a', 'b', 'n']);
    expect(containers).toMatchObject([{ image: '1' }, { image: '2', args: ['x', 'y'] }, {}]);
  });

  it('puts new items in front where no order is known', () =>
    expect(names(spec({ containers: [{ name: 'n' }, { name: 'm' }] })['containers'])).toEqual(['n', 'm', 'a', 'b']));

  it('orders items by an order list, which may name what is not there', () => {
    const containers = [{ name: 'n', image: '3' }];
    expect(
      names(
        spec({ containers, '$setElementOrder/containers': [{ name: 'b' }, { name: 'z' }, { name: 'n' }, { name: 'a' }] })['containers'],
      ),
    ).toEqual(['b', 'n', 'a']);
    expect(names(spec({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] })['containers'])).toEqual(['b', 'a']);
  });

  it('carries out directives', () => {
    expect(names(spec({ containers: [{ name: 'a', $patch: 'delete' }] })['containers'])).toEqual(['b']);
    expect(names(spec({ containers: [{ name: 'n' }, { $patch: 'replace' }] })['containers'])).toEqual(['n']);
    expect(spec({ volumes: [{ name: 'v', $patch: 'replace', hostPath: { path: '/' } }] })['volumes']).toEqual(
      [{ name: 'v', hostPath: { path: '/' } }].slice(1),
    );
    expect(spec({ $patch: 'replace', nodeName: 'n' })).toEqual({ nodeName: 'n' });
    expect(spec({ volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] })['volumes']).toEqual([
      { name: 'v', hostPath: { path: '/' } },
    ]);
  });

  it('gives an item that is deleted and set anew its place in the order of the live list as upstream does: at the end', () => {
    const containers = [
      { name: 'a', $patch: 'delete' },
      { name: 'a', image: '9' },
    ];
    expect(names(spec({ containers, '$setElementOrder/containers': [{ name: 'a' }] })['containers'])).toEqual(['b', 'a']);
  });

  it('knows lists without merge key, empty lists and null', () => {
    expect(spec({ tolerations: [] })['tolerations']).toEqual([]);
    expect(spec({ containers: [] })['containers']).toEqual(object.spec.containers);
    expect(spec({ containers: null })['containers']).toBeUndefined();
    expect(spec({ tolerations: [{ key: 'k', $patch: 'delete' }] })['tolerations']).toEqual([{ key: 'k', $patch: 'delete' }]);
  });

  it('merges lists of scalars as sets', () => {
    const finalizers = (metadata: object): unknown => ((apply({ metadata }) as JsonObject)['metadata'] as JsonObject)['finalizers'];
    expect(finalizers({ finalizers: ['f2', 'n'] })).toEqual(['f1', 'f2', 'n', 'f3']);
    expect(finalizers({ finalizers: ['n'] })).toEqual(['n', 'f1', 'f2', 'f3']);
    expect(finalizers({ '$deleteFromPrimitiveList/finalizers': ['f2', 'none'] })).toEqual(['f1', 'f3']);
    expect(finalizers({ '$setElementOrder/finalizers': ['f3', 'f1'] })).toEqual(['f2', 'f3', 'f1']);
  });

  it('takes out nulls of what is new', () =>
    expect(spec({ dnsConfig: { nameservers: null, searches: ['s'] } })['dnsConfig']).toEqual({ searches: ['s'] }));

  it.each([
    [{ spec: { containers: [{ image: 'x' }] } }, '500 map: map[image:x] does not contain declared merge key: name'],
    [{ spec: { containers: [{ name: 'a', $patch: 'foo' }] } }, '500 unknown patch type: foo in map: map[$patch:foo name:a]'],
    [{ spec: { containers: [{ name: 'a', $patch: 'merge' }] } }, '500 merging lists cannot yet be specified in the patch'],
    [{ spec: { containers: [{ $patch: 'delete' }] } }, '500 map: map[$patch:delete] does not contain declared merge key: name'],
    [
      { metadata: { finalizers: ['n'], '$setElementOrder/finalizers': ['f3'] } },
      "500 The order in patch list:\n[n]\n doesn't match $setElementOrder list:\n[f3]\n",
    ],
    [{ spec: { volumes: ['x'] } }, '500 list element types are not identical: [[map[emptyDir:map[] name:v]] [x]]'],
    [{ spec: { volumes: [{ name: 'v', $retainKeys: ['name'], hostPath: {} }] } }, '400 invalid patch format of retainKeys'],
    [{ spec: { $retainKeys: 'x' } }, '400 invalid patch format of retainKeys'],
    [{ metadata: { $deleteFromPrimitiveList: [] } }, '400 invalid patch format of primitive list'],
    [{ metadata: { $setElementOrder: [] } }, '400 invalid patch format of setElementOrder list'],
    [{ metadata: { '$setElementOrder/foo': [] } }, '500 unable to find api field in struct ObjectMeta for the json field "foo"'],
  ])('answers %j with %s', (patch, message) => expect(apply(patch)).toBe(message));

  it('refuses kinds that it does not know', () =>
    expect(applyStrategicMergePatch({ apiVersion: 'v1', kind: 'Nothing' }, {}, {})).toMatchObject({ ok: false, error: { code: 400 } }));

  it('merges long lists, and refuses what would take long', () => {
    const list = (prefix: string, more: object = {}): object[] =>
      Array.from({ length: 6_000 }, (_, index) => ({ name: `${prefix}${index}`, ...more }));
    const long = { spec: { volumes: list('a') } };
    expect(applyStrategicMergePatch(pod, long, { spec: { volumes: list('b') } })).toMatchObject({ ok: true });
    expect(applyStrategicMergePatch(pod, long, { spec: { volumes: list('b', { $patch: 'delete' }) } })).toMatchObject({
      error: { code: 413 },
    });
  });
});
