import { expect, it } from 'vitest';
import { parsePod } from '../parse/parse-pod.js';

const manifest = (metadata: string): string => `apiVersion: v1
kind: Pod
metadata: {${metadata}}
spec: {containers: [{name: app, image: a}]}
`;
const options = { path: '/m/a.yaml', nodeName: 'node1', objects: true };
const podOf = (metadata: string, given: object = options) => {
  const result = parsePod(manifest(metadata), given as typeof options);
  if (!result.ok) throw new Error(result.message);
  return result.pod;
};
const API = 'name: web, uid: 3f6bd1d8-5a6b-4d5e-9c1f-0a1b2c3d4e5f, annotations: {kubernetes.io/config.source: api}';

it('keeps the name and uid that an API gave, and adds nothing of a static Pod', () => {
  const { metadata, spec } = podOf(API);
  expect(metadata).toMatchObject({ name: 'web', namespace: 'default', uid: '3f6bd1d8-5a6b-4d5e-9c1f-0a1b2c3d4e5f' });
  expect(metadata.annotations).toEqual({ 'kubernetes.io/config.source': 'api' });
  expect(spec.tolerations ?? []).toEqual([]);
  expect(spec.nodeName).toBe('node1');
});

it('takes one without a uid, or with another source, for a static Pod', () => {
  expect(podOf('name: web, annotations: {kubernetes.io/config.source: api}').metadata.name).toBe('web-node1');
  expect(podOf('name: web, uid: abc, annotations: {kubernetes.io/config.source: file}').metadata.name).toBe('web-node1');
});

it('is a static Pod like any other for a kubelet without objects', () => {
  expect(podOf(API, { path: '/m/a.yaml', nodeName: 'node1' }).metadata.name).toBe('web-node1');
});
