import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodView } from '@solo-kubelet/reconciler';
import { expect, it } from 'vitest';
import { allocatedPods } from './allocated-pods.js';

const pod = (name: string, memory: string, phase = 'Running'): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { containers: [{ name: 'app', resources: { requests: { memory } } }] },
    status: { phase },
  }) as unknown as Pod;
const view = (shown: Pod, more: Partial<PodView> = {}): PodView =>
  ({ podUid: shown.metadata.uid, pod: shown, origin: { source: 'file', path: '/a', document: 0 }, ...more }) as PodView;

it('shows what is allocated, not what is asked for, of pods that hold something', () => {
  const views = [
    view(pod('same', '1Gi')),
    view(pod('larger', '2Gi'), { allocated: pod('larger', '1Gi') }),
    view(pod('refused', '9Gi', 'Failed'), { returns: 'refused' }),
    view(pod('done', '1Gi', 'Succeeded')),
    view(pod('orphan', '1Gi'), { origin: undefined }),
  ];
  const shown = allocatedPods(views).map(({ metadata, spec }) => [metadata.name, spec.containers[0]?.resources?.requests?.['memory']]);
  expect(shown).toEqual([
    ['same', '1Gi'],
    ['larger', '1Gi'],
  ]);
});
