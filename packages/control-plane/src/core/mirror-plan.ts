import type { Pod } from '@solo-kubelet/pod-spec';
import { fullName } from './assigned-pods.js';
import { isTerminalPhase } from './pod-status-patch.js';

const HASH = 'kubernetes.io/config.hash';
const MIRROR = 'kubernetes.io/config.mirror';

/** What is to be done about one mirror, in this order. */
export interface MirrorStep {
  readonly name: string;
  readonly remove?: Pod;
  readonly create?: Pod;
}

export interface MirrorInput {
  /** Static pods that are wanted. */
  readonly wanted: readonly Pod[];
  /** Static pods that are being ended: their mirrors stay until nothing of them runs. */
  readonly ending: readonly Pod[];
  /** By `namespace/name`. */
  readonly mirrors: ReadonlyMap<string, Pod>;
  readonly node: { readonly name: string; readonly uid: string };
}

/** What a static pod's mirror is told from others by (pkg/kubelet/pod/mirror_client.go). */
export const mirrorHash = ({ metadata }: Pod): string => metadata.annotations?.[HASH] ?? metadata.uid;

/**
 * Makes the mirrors what the static pods are. A mirror of an edited pod stays while the old pod ends, and one that somebody deletes comes back. A
 * mirror that shows an end says nothing of a pod that runs again, and the server lets nothing go back from there: it gets another.
 * Upstream: pkg/kubelet/kubelet.go tryReconcileMirrorPods, pkg/kubelet/pod/mirror_client.go.
 */
export const planMirrors = ({ wanted, ending, mirrors, node }: MirrorInput): readonly MirrorStep[] => {
  const wantedNames = new Set(wanted.map(fullName));
  const endingNames = new Set(ending.map(fullName));
  const orphans = [...mirrors]
    .filter(([name]) => !wantedNames.has(name) && !endingNames.has(name))
    .map(([name, remove]) => ({ name, remove }));
  const steps = wanted.flatMap((pod): readonly MirrorStep[] => {
    const name = fullName(pod);
    const mirror = mirrors.get(name);
    if (endingNames.has(name) && mirror !== undefined) return [];
    if (mirror === undefined) return [{ name, create: mirrorOf(pod, node) }];
    const { annotations, deletionTimestamp } = mirror.metadata;
    const runsAgain = isTerminalPhase(mirror.status) && pod.status?.phase === 'Running';
    if (deletionTimestamp === undefined && annotations?.[MIRROR] === mirrorHash(pod) && !runsAgain) return [];
    return [{ name, remove: mirror, create: mirrorOf(pod, node) }];
  });
  return [...orphans, ...steps];
};

/** A mirror bears what its pod bears, a word that it is one, and the node as its owner. */
export const mirrorOf = (pod: Pod, node: MirrorInput['node']): Pod => {
  const { name, namespace, labels, annotations } = pod.metadata;
  const hash = mirrorHash(pod);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: pod.metadata.uid,
      ...(labels && { labels }),
      annotations: { ...annotations, [HASH]: hash, [MIRROR]: hash },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }],
    },
    spec: { ...pod.spec, nodeName: node.name },
  };
};
