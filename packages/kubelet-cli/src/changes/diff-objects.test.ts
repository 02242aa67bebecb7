import { type ApiObject, parseObject } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import { diffObjects, usersOf } from './diff-objects.js';

const object = (text: string): ApiObject => {
  const result = parseObject(text, { path: 'a.yaml' });
  if (!result.ok) throw new Error(result.message || result.issues[0]?.message);
  return result.object;
};
const deployment = (image: string, more = '', annotations = ''): ApiObject =>
  object(
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {${annotations}}}\nspec: {${more}selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: "${image}", envFrom: [{configMapRef: {name: conf}}]}]}}}\n`,
  );
const secret = (value: string): ApiObject => object(`apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {k: ${value}}\n`);

it('tells what becomes of the Pods of a workload', () => {
  expect(diffObjects(undefined, deployment('a:1')).type).toBe('created');
  expect(diffObjects(deployment('a:1'), deployment('a:1'))).toEqual({ type: 'unchanged', fields: [], effects: [] });
  expect(diffObjects(deployment('a:1'), deployment('a:1', 'replicas: 3, '))).toMatchObject({
    fields: [{ field: 'spec.replicas', before: 1, after: 3 }],
    effects: ['its Pods run on', '2 Pods more start'],
  });
  expect(diffObjects(deployment('a:1', 'replicas: 3, '), deployment('a:1', 'replicas: 2, ')).effects).toEqual([
    'its Pods run on',
    '1 Pod ends',
  ]);
  expect(diffObjects(deployment('a:1'), deployment('a:2', 'paused: true, ')).effects).toEqual([
    'its Pods are replaced once it is resumed, since spec.template.spec.containers[app].image changed',
  ]);
  expect(diffObjects(deployment('a:1'), deployment('a:2')).effects).toEqual([
    'its Pods are replaced, since spec.template.spec.containers[app].image changed',
  ]);
});

it('never shows what a Secret says', () => {
  const change = diffObjects(secret('hunter2'), secret('hunter3'));
  expect(change.type).toBe('configured');
  expect(JSON.stringify(change)).not.toMatch(new RegExp(['hunter', Buffer.from('hunter2').toString('base64')].join('|')));
});

it('tells who uses a ConfigMap that changes', () => {
  const conf = object('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {k: v}\n');
  expect(usersOf(conf, [deployment('a:1')])).toEqual([
    'the Pods of deployment/web see it in their volumes at once, in variables after their next start',
  ]);
  expect(usersOf(conf, [deployment('a:1', '', 'restart-on-change.solo-kubelet.dev: "true"')])).toEqual([
    'the Pods of deployment/web are replaced, since it is to be restarted on change',
  ]);
  expect(usersOf(secret('x'), [deployment('a:1')])).toEqual([]);
});
