import type { StoredObject } from '@solo-kubelet/api-server';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import { editManifest, type ObjectEdit } from './manifest-text.js';
import { writtenForm } from './written-form.js';

const settings = (data: Record<string, string>, metadata: object = {}): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default', uid: 'u', resourceVersion: '7', generation: 2, ...metadata },
  data,
});

const edit = (before: StoredObject | undefined, after: StoredObject | undefined, more: Partial<ObjectEdit> = {}): ObjectEdit => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'settings',
  namespace: 'default',
  before,
  after,
  pinUid: false,
  ...more,
});

const text = `# ours
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: "1" # the first
  b: "2"
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: other # stays
data: {}
`;

it('changes what differs, and leaves comments, the rest of the object and other objects', async () => {
  const edited = await editManifest(text, [edit(settings({ a: '1', b: '2' }), settings({ a: '3', c: '4' }))], '');
  expect(edited?.replaceAll(/ +#/g, ' #')).toBe(
    text.replace('a: "1"', 'a: "3"').replace('  b: "2"\n', '  c: "4"\n').replace('data: {}', 'data: {}'),
  );
});

it('writes nothing that only the server says', async () => {
  const made = await editManifest('', [edit(undefined, settings({ a: '1' }, { labels: { x: 'y' } }))], ' Written by the API.');
  expect(made).toBe(
    '# Written by the API.\n\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: default\n  labels:\n    x: "y"\ndata:\n  a: "1"\n',
  );
});

it('keeps texts that YAML 1.1 has other ideas about, names of fields too, and leaves what a person wrote', async () => {
  const odd = [
    'on',
    'Off',
    'y',
    'no',
    '~',
    'null',
    '',
    '0777',
    '0o17',
    '1_000',
    '1e3',
    '.inf',
    '-.5',
    '2024-01-01',
    '12:30',
    '<<',
    '# x',
    'plain',
  ];
  const data = Object.fromEntries(odd.flatMap((each, i) => [[`k${i}`, each], ...(/^[-._a-zA-Z0-9]+$/.test(each) ? [[each, each]] : [])]));
  const made = (await editManifest('', [edit(undefined, settings(data))], ''))!;
  const mine = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\nimmutable: no\ndata:\n  a: "1"\n';
  const edited = (await editManifest(mine, [edit(settings({ a: '1' }), settings({ a: 'yes', ...data }))], ''))!;
  expect(edited).toContain('immutable: no\n');
  for (const [text, wanted] of [
    [made, data],
    [edited, { a: 'yes', ...data }],
  ] as const) {
    const [document] = parseMixedManifest(text, { path: 'x', nodeName: 'node1' }).documents;
    expect(document?.result).toMatchObject({ ok: true, object: { data: wanted } });
  }
});

it('takes out one object of several, and says when nothing is left', async () => {
  const one = await editManifest(text, [edit(settings({}), undefined)], '');
  expect(one).toBe('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other # stays\ndata: {}\n');
  expect(await editManifest(one!, [edit(settings({}), undefined, { name: 'other' })], '')).toBeUndefined();
});

it('finds an object in a List, in JSON too', async () => {
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }],
  });
  const edited = await editManifest(list, [edit(settings({}), settings({ a: '1' }))], '');
  expect(JSON.parse(edited!).items[0].data).toEqual({ a: '1' });
});

it('changes one container of several where it is, whatever the order', async () => {
  const pod = (image: string): StoredObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-node1', namespace: 'default', uid: 'u' },
    spec: {
      nodeName: 'node1',
      dnsPolicy: 'ClusterFirst',
      containers: [
        { name: 'a', image: 'a:1', terminationMessagePath: '/x' },
        { name: 'b', image },
      ],
    },
  });
  const file = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: a # first
      image: a:1
    - name: b
      image: b:1 # pinned
`;
  const edited = await editManifest(file, [edit(pod('b:1'), pod('b:2'), { kind: 'Pod', name: 'web', pinUid: true })], '');
  expect(edited).toBe(file.replace('b:1', 'b:2').replace('  name: web\n', '  name: web\n  uid: u\n'));
});

it('puts the value of a Secret in the place of its text', async () => {
  const secret = (data: Record<string, string>): StoredObject => ({ ...settings(data), kind: 'Secret' });
  const file = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: settings\nstringData:\n  a: x\n';
  const edited = await editManifest(file, [edit(secret({ a: 'eA==' }), secret({ a: 'eQ==' }), { kind: 'Secret' })], '');
  expect(edited).toBe('apiVersion: v1\nkind: Secret\nmetadata:\n  name: settings\ndata:\n  a: eQ==\n');
});

it('refuses a file that does not hold the object', async () => {
  await expect(editManifest(text, [edit(settings({}), undefined, { name: 'none' })], '')).rejects.toThrow('does not hold ConfigMap none');
});

it('leaves out of a Job what is made for it when it is read, unless somebody chose it', () => {
  const generated = {
    'controller-uid': 'u',
    'batch.kubernetes.io/controller-uid': 'u',
    'job-name': 'j',
    'batch.kubernetes.io/job-name': 'j',
  };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } };
  const containers = [{ name: 'app', image: 'a:1' }];
  const job = (labels: object, more: object = {}): StoredObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', uid: 'u', labels: { ...generated } },
    spec: { ...more, selector, template: { metadata: { labels }, spec: { containers } } },
  });
  const form = (object: StoredObject) => writtenForm(object, { name: 'j', before: undefined });
  expect(form(job(generated))).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default' },
    spec: { template: { spec: { containers } } },
  });
  expect(form(job({ ...generated, app: 'x' }))).toMatchObject({ spec: { template: { metadata: { labels: { app: 'x' } } } } });
  const own = job({ a: 'b' }, { manualSelector: true });
  expect(form(own)).toMatchObject({ spec: own.spec });
});

it('leaves what only the file says of a map that it had no part of', async () => {
  const pod = (metadata: object): StoredObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u', ...metadata },
    spec: { containers: [] },
  });
  const file =
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  uid: u\n  annotations:\n    kubernetes.io/config.source: api\nspec:\n  containers: []\n';
  const noted = pod({ annotations: { note: 'x', 'kubernetes.io/config.source': 'api' }, labels: { a: 'b' } });
  const edited = await editManifest(file, [edit(pod({}), noted, { kind: 'Pod', name: 'p' })], '');
  expect(edited).toContain('    kubernetes.io/config.source: api\n    note: x\n');
  expect(await editManifest(edited!, [edit(noted, pod({}), { kind: 'Pod', name: 'p' })], '')).toBe(file);
});

it('what admission and the controllers put on a claim is not written into its file', () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'data',
      namespace: 'default',
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes', team: 'a' },
      finalizers: ['kubernetes.io/pvc-protection', 'example.org/mine'],
    },
    spec: {},
  } as unknown as StoredObject;
  expect(writtenForm(claim, { name: 'data', before: undefined })['metadata']).toEqual({
    name: 'data',
    namespace: 'default',
    annotations: { team: 'a' },
    finalizers: ['example.org/mine'],
  });
});

it('refuses a file that nests too deep to be edited, and says where', async () => {
  const change = [edit(settings({ a: '1' }), settings({ a: '2' }))];
  await expect(editManifest(`${text}---\nx: ${'['.repeat(100)}`, change, '')).rejects.toMatchObject({
    message: 'it nests deeper than 100 levels, at line 16, column 103',
    isUneditable: true,
  });
});

it('leaves every other document as it was written, and numbers of the changed one', async () => {
  const file = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {volumes: [{name: s,   secret: {secretName: s, defaultMode: 0400}}]}
---
x: [
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
mode: 0400
data:
  a: "1"
`;
  const edited = await editManifest(file, [edit(settings({ a: '1' }), settings({ a: '2' }))], '');
  expect(edited).toBe(file.replace('a: "1"', 'a: "2"'));
  expect(await editManifest(file, [edit(settings({ a: '1' }), undefined)], '')).toBe(
    `${file.split('\n---\n').slice(0, 2).join('\n---\n')}\n`,
  );
});
