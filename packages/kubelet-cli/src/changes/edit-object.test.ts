import { expect, it } from 'vitest';
import { editText, textWithout } from './edit-object.js';

const web = { kind: 'Deployment', namespace: 'default', name: 'web', key: 'Deployment.apps/default/web' };
const text = `# the shop
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment # two of them
metadata:
  name: web
spec:
  replicas: 2 # enough
  paused: false
`;

it('changes one object of a file and leaves the rest, comments among it', async () => {
  const edited = await editText(text, web, (object) => object.setIn(['spec', 'replicas'], 3), 'app.yaml');
  expect(edited.replaceAll(/\s+#/g, ' #')).toBe(text.replace('replicas: 2', 'replicas: 3').replaceAll(/\s+#/g, ' #'));
});

it('finds an object in a List, in JSON too', async () => {
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1 } }],
  });
  const edited = await editText(list, web, (object) => object.setIn(['spec', 'replicas'], 3), 'app.json');
  expect(JSON.parse(edited).items[0].spec).toEqual({ replicas: 3 });
});

it('refuses a file that does not hold the object', async () => {
  await expect(editText(text, { ...web, namespace: 'shop' }, () => {}, 'app.yaml')).rejects.toThrow(
    'app.yaml does not hold Deployment web',
  );
});

it('takes one object out of a file, and leaves the rest, comments among it', async () => {
  expect(await textWithout(text, web, 'app.yaml')).toBe('# the shop\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n');
  const configMap = { kind: 'ConfigMap', namespace: 'default', name: 'web', key: 'ConfigMap/default/web' };
  const left = await textWithout(text, configMap, 'app.yaml');
  expect(left).toContain('kind: Deployment # two of them');
  expect(left).not.toContain('ConfigMap');
  const list =
    'apiVersion: v1\nkind: List\nitems:\n  - kind: Deployment\n    metadata: { name: web }\n  - kind: ConfigMap\n    metadata: { name: c }\n';
  expect(await textWithout(list, web, 'app.yaml')).toBe(
    'apiVersion: v1\nkind: List\nitems:\n  - kind: ConfigMap\n    metadata: { name: c }\n',
  );
  await expect(textWithout(text, { ...web, name: 'other' }, 'app.yaml')).rejects.toThrow('app.yaml does not hold Deployment other');
});

it('refuses a file that nests too deep to be edited, and says where', async () => {
  const deep = `${text}---\nx: ${'['.repeat(100)}`;
  const edit = (): void => {};
  await expect(editText(deep, web, edit, 'app.yaml')).rejects.toThrow('app.yaml:14:103: it nests deeper than 100 levels');
  await expect(textWithout(deep, web, 'app.yaml')).rejects.toThrow('app.yaml:14:103: it nests deeper than 100 levels');
});

it('leaves every other document as it was written, a broken one too, and numbers of the changed one', async () => {
  const file = `# all of it
---
kind: Secret
metadata: {name: s}
items: [{key: a,   mode: 0400}]
---
x: [
---
kind: Deployment
metadata: { name: web }
spec:
  replicas: 010
  template: { spec: { volumes: [{ name: s, secret: { secretName: s, defaultMode: 0400 } }] } }
  big: 12345678901234567890
`;
  const edited = await editText(file, web, (object) => object.setIn(['spec', 'replicas'], 3), 'app.yaml');
  const [before] = file.split('kind: Deployment');
  expect(edited.startsWith(`${before}kind: Deployment`)).toBe(true);
  expect(edited).toContain('replicas: 3\n');
  expect(edited).toContain('defaultMode: 0400');
  expect(edited).toContain('big: 12345678901234567890');
  expect(await textWithout(file, web, 'app.yaml')).toBe(before?.replace(/---\n$/, ''));
});
