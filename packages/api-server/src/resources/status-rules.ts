import { statusOf } from '../stored-object.js';
import type { StatusRules } from './api-resource.js';

const keepLabels: StatusRules = {
  prepare: (draft, old) => {
    if (old.metadata.labels === undefined) delete draft.metadata.labels;
    else draft.metadata.labels = { ...old.metadata.labels };
  },
};

/** How the status of each kind is written, where it has one (the StatusStrategy of each registry). */
export const statusRulesByKind: Readonly<Record<string, StatusRules>> = {
  Namespace: { initial: () => ({ phase: 'Active' }) },
  PersistentVolume: {
    initial: (_draft, nowText) => ({ phase: 'Pending', lastPhaseTransitionTime: nowText }),
    prepare: (draft, old, nowText) => {
      const [status, before] = [statusOf(draft), old.status ?? {}];
      const [now, then] = [status['lastPhaseTransitionTime'], before['lastPhaseTransitionTime']];
      if (status['phase'] === before['phase']) {
        if (now === undefined && then !== undefined) status['lastPhaseTransitionTime'] = then;
      } else if (now === undefined || now === then) status['lastPhaseTransitionTime'] = nowText;
    },
  },
  PersistentVolumeClaim: { initial: () => ({ phase: 'Pending' }) },
  Service: {},
  Deployment: keepLabels,
  ReplicaSet: {},
  StatefulSet: {},
  DaemonSet: {},
  Job: {},
  CronJob: {},
  Ingress: {},
  PodDisruptionBudget: {},
};
