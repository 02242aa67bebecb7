import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { diffPods } from './diff-pods.js';

const pod = (image: string, extra: object = {}, uid = `uid-${image}`): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid, annotations: { 'kubernetes.io/config.hash': uid } },
    spec: { containers: [{ name: 'app', image }], ...extra },
  }) as Pod;

it('sees no change in what the kubelet itself writes', () => {
  expect(diffPods(pod('a:1', {}, 'one'), pod('a:1', {}, 'two'))).toMatchObject({ type: 'unchanged', fields: [] });
});

it('names the field and says that the pod is replaced', () => {
  expect(diffPods(pod('a:1'), pod('a:2'))).toEqual({
    type: 'replaced',
    pod: 'default/web',
    fields: [{ field: 'spec.containers[app].image', before: 'a:1', after: 'a:2' }],
    restarts: [{ container: 'app', why: 'the pod is replaced, since spec.containers[app].image changed' }],
  });
});

it('restarts only the container that changed when the manifest pins the uid', () => {
  expect(diffPods(pod('a:1', {}, 'fixed'), pod('a:2', {}, 'fixed'))).toMatchObject({
    type: 'updated',
    restarts: [{ container: 'app', why: 'its image changed' }],
  });
  expect(diffPods(pod('a:1', {}, 'fixed'), pod('a:1', { hostname: 'x' }, 'fixed'))).toMatchObject({ type: 'updated', restarts: [] });
});

it('says what is new and what is gone', () => {
  expect(diffPods(undefined, pod('a:1'))).toMatchObject({ type: 'added', restarts: [{ container: 'app', why: 'the pod is new' }] });
  expect(diffPods(pod('a:1'), undefined)).toMatchObject({ type: 'removed' });
});
