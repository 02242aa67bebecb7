import type { WorkloadObject } from './workload-object.js';

/** Counts that an API server leaves out where they are 0 (`omitempty` of apps/v1 and batch/v1); others, such as `replicas` of a StatefulSet, are always there. */
const LEFT_OUT: Readonly<Record<WorkloadObject['kind'], readonly string[]>> = {
  Deployment: ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'],
  ReplicaSet: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
  StatefulSet: ['readyReplicas', 'currentReplicas', 'updatedReplicas'],
  DaemonSet: ['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'],
  Job: ['active', 'succeeded', 'failed'],
  CronJob: [],
};

/** A status in the form in which an API server gives it. */
export const shownStatus = (kind: WorkloadObject['kind'], status: object): object => {
  const kept = Object.entries(status).filter(([name, value]) => !isEmpty(value) && !(value === 0 && LEFT_OUT[kind].includes(name)));
  const shown = Object.fromEntries(kept);
  switch (kind) {
    case 'StatefulSet':
      return { ...shown, collisionCount: shown['collisionCount'] ?? 0 };
    case 'Job':
      // A text that is empty is left out, but not where it says that indexes may fail.
      if (shown['completedIndexes'] === '') delete shown['completedIndexes'];
      return { ...shown, ...(shown['conditions'] && { conditions: probed(shown['conditions']) }), uncountedTerminatedPods: {} };
    default:
      return shown;
  }
};

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

/** The controller sets both times at once. */
const probed = (conditions: readonly { readonly lastTransitionTime: string }[]): readonly object[] =>
  conditions.map((condition) => ({ lastProbeTime: condition.lastTransitionTime, ...condition }));
