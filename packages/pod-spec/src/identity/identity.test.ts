import { describe, expect, it } from 'vitest';
import { applyDefaults } from '../defaults/apply-defaults.js';
import type { Pod } from '../gen/pod-types.js';
import { containerHash } from './container-hash.js';
import { fnv1a32, fnv1a128 } from './fnv.js';
import { applyStaticPodDefaults } from './static-pod.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const raw = (name = 'web', image = 'r/a:1'): Pod =>
  ({ metadata: { name }, spec: { containers: [{ name: 'a', image }] } }) as unknown as Pod;
const options = { nodeName: 'Node1', path: '/etc/pods/web.yaml' };
const uidOf = (pod: Pod, more: Partial<typeof options> = {}): string =>
  applyStaticPodDefaults(applyDefaults(pod), { ...options, ...more }).metadata.uid;

describe('FNV-1a', () => {
  it('gives the published values', () => {
    expect(fnv1a32(encode('foobar')).toString(16)).toBe('bf9cf968');
    expect(fnv1a128(encode(''))).toBe('6c62272e07bb014262b821756295c58d');
    expect(fnv1a128(encode('foobar'))).toBe('343e1662793c64bf6f0d3597ba446f18');
  });
});

describe('containerHash', () => {
  it('is that of the kubelet', () => expect(containerHash({ name: 'test_container', image: 'foo/image:v1' })).toBe('8e45cbd0'));
});

describe('applyStaticPodDefaults', () => {
  it('adds the node to the name, a namespace, the toleration, and the uid as an annotation', () => {
    const pod = applyStaticPodDefaults(applyDefaults(raw()), options);
    expect(pod.metadata).toMatchObject({
      name: 'web-node1',
      namespace: 'default',
      annotations: { 'kubernetes.io/config.hash': pod.metadata.uid },
    });
    expect(pod.metadata.uid).toMatch(/^[0-9a-f]{32}$/);
    expect(pod.spec).toMatchObject({ nodeName: 'Node1', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] });
    expect(pod.status).toEqual({ phase: 'Pending' });
  });

  it('keeps a uid that is given, and adds no toleration to a pod from a URL', () => {
    const pod = applyStaticPodDefaults({ ...raw(), metadata: { ...raw().metadata, uid: 'mine' } }, { ...options, source: 'url' });
    expect(pod.metadata.uid).toBe('mine');
    expect(pod.spec.tolerations).toBeUndefined();
  });

  it('gives equal pods of one path equal uids, and any other pod, node or path another', () => {
    expect(uidOf(raw())).toBe(uidOf(JSON.parse(JSON.stringify(raw()))));
    const uids = [
      uidOf(raw()),
      uidOf(raw('web', 'r/a:2')),
      uidOf(raw('other')),
      uidOf(raw(), { nodeName: 'n' }),
      uidOf(raw(), { path: 'b' }),
    ];
    expect(new Set(uids).size).toBe(uids.length);
  });
});
