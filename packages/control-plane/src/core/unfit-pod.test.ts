import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { type AssignedPods, emptyAssigned, reduceAssigned } from './assigned-pods.js';
import { unfitPod } from './unfit-pod.js';

const pod = (metadata: object = {}, spec: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web', uid: '0b9c', resourceVersion: '1', ...metadata },
    spec: { containers: [{ name: 'app' }], ...spec },
  }) as unknown as Pod;

describe('a pod of the API', () => {
  it('is fit when it is made like one', () => {
    expect(unfitPod(pod())).toBeUndefined();
    expect(
      unfitPod(pod({ name: 'web-7f9c.example' }, { initContainers: [{ name: 'init' }], volumes: [{ name: 'data' }] })),
    ).toBeUndefined();
  });

  it.each([
    ['a UID that leads out', pod({ uid: '../../etc' }), 'metadata.uid "../../etc" cannot name a directory'],
    ['a UID that is none', pod({ uid: 7 }), 'metadata.uid of type number cannot name a directory'],
    ['a namespace that leads out', pod({ namespace: '..' }), 'metadata.namespace ".." cannot name a directory'],
    ['a name with the separator of log directories', pod({ name: 'a_b' }), 'metadata.name "a_b" cannot name a directory'],
    [
      'a container',
      pod({}, { containers: [{ name: '../../../root' }] }),
      'a name in spec.containers, "../../../root", cannot name a directory',
    ],
    ['an init container', pod({}, { initContainers: [{ name: 'a/b' }] }), 'a name in spec.initContainers, "a/b", cannot name a directory'],
    [
      'an ephemeral container',
      pod({}, { ephemeralContainers: [{ name: '.' }] }),
      'a name in spec.ephemeralContainers, ".", cannot name a directory',
    ],
    ['a volume', pod({}, { volumes: [{ name: '../x' }] }), 'a name in spec.volumes, "../x", cannot name a directory'],
    ['a volume without a name', pod({}, { volumes: [null] }), 'a name in spec.volumes, of type undefined, cannot name a directory'],
    ['containers that are no list', pod({}, { containers: 'app' }), 'spec.containers is no list'],
    ['no spec', { metadata: {} }, 'spec is no object'],
    ['nothing', null, 'spec is no object'],
    ['a name without end', pod({ name: 'a'.repeat(1_000_000) }), `metadata.name "${'a'.repeat(100)}" cannot name a directory`],
  ])('is not with %s', (_, given, why) => {
    expect(unfitPod(given)).toBe(why);
  });

  it('is refused then: nothing of it is kept or run, what ran of it is ended, and its end is told', () => {
    const reduce = reduceAssigned('n');
    const steps: AssignedPods[] = [];
    const take = (event: Parameters<typeof reduce>[1]): AssignedPods => {
      steps.push(reduce(steps.at(-1) ?? emptyAssigned, event));
      return steps.at(-1)!;
    };
    const bad = pod({ resourceVersion: '2' }, { volumes: [{ name: '../x' }] });
    expect(take({ type: 'applied', object: pod() }).pods.size).toBe(1);
    const refused = take({ type: 'applied', object: bad });
    expect(refused.pods.size).toBe(0);
    expect(refused.events).toEqual([
      {
        type: 'rejected',
        origin: { source: 'api', path: '0b9c', document: 0 },
        issues: [],
        apiRef: '',
        message: 'a name in spec.volumes, "../x", cannot name a directory',
        stale: false,
      },
    ]);
    expect(take({ type: 'replaced', objects: [] }).events.map(({ type }) => type)).toEqual(['removed', 'synced']);
  });
});
