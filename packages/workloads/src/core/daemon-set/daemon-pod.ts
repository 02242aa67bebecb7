import type { PodSpec, Toleration } from '@solo-kubelet/pod-spec';
import { childName } from '../child-names.js';
import { podsPrefix } from '../controller-names.js';
import { REVISION_LABEL } from '../stateful-set/revisions.js';
import type { NewPod } from '../workload.js';
import type { DaemonRevision, DaemonSet } from './daemon-set.js';

/** The hash of a revision, which is the label of its Pods. */
export const hashOf = ({ name }: DaemonRevision): string => name.slice(name.lastIndexOf('-') + 1);

/** On Pods, and as an annotation on the DaemonSet: how often its template has been another one. */
export const GENERATION_LABEL = 'pod-template-generation';
export const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

const tolerate = (key: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
});

/** What a node's Pod is not kept away by (daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations). */
const TOLERATIONS: readonly Toleration[] = [
  tolerate('not-ready', 'NoExecute'),
  tolerate('unreachable', 'NoExecute'),
  tolerate('disk-pressure', 'NoSchedule'),
  tolerate('memory-pressure', 'NoSchedule'),
  tolerate('pid-pressure', 'NoSchedule'),
  tolerate('unschedulable', 'NoSchedule'),
];

export interface DaemonPodOptions {
  /** For the name: how many Pods the DaemonSet has made before. */
  readonly number: number;
  readonly nodeName: string;
}

/** The next Pod of a DaemonSet, bound to the node. */
export const daemonPod = ({ metadata }: DaemonSet, revision: DaemonRevision, { number, nodeName }: DaemonPodOptions): NewPod => {
  const { metadata: labelled, spec } = revision.template;
  const prefix = podsPrefix(metadata.name);
  return {
    metadata: {
      name: childName(prefix, metadata.uid, number),
      generateName: prefix,
      namespace: metadata.namespace,
      labels: { ...labelled?.labels, [REVISION_LABEL]: hashOf(revision), [GENERATION_LABEL]: String(revision.revision) },
      ...(labelled?.annotations && { annotations: labelled.annotations }),
    },
    spec: { ...spec, tolerations: tolerationsOf(spec), affinity: { ...spec.affinity, nodeAffinity: affinityOf(spec, nodeName) } },
  };
};

const tolerationsOf = (spec: PodSpec): readonly Toleration[] => {
  const added = spec.hostNetwork ? [...TOLERATIONS, tolerate('network-unavailable', 'NoSchedule')] : TOLERATIONS;
  const own = spec.tolerations ?? [];
  return [
    ...own,
    ...added.filter(({ key, effect }) => !own.some((one) => one.key === key && one.effect === effect && one.operator === 'Exists')),
  ];
};

const affinityOf = ({ affinity }: PodSpec, nodeName: string): NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']> => ({
  ...affinity?.nodeAffinity,
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
  },
});
