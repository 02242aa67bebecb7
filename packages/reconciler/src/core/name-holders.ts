import { isOfCluster } from './cluster-pod.js';
import { holdsItsName } from './observed-pod.js';
import { type PodUid, podKey } from './pod-identity.js';
import type { KubeletState } from './state/kubelet-state.js';
import type { PodInputs, PodState } from './state/pod-state.js';

/**
 * Other UIDs that hold the pod's namespace and name: those of which something still runs; else, when several manifests ask for the name at once, the
 * ones asked for earlier that have not ended. A pod that itself runs is held up by nobody, nor is one of an API server, which gives a name to one at a time.
 */
export const nameHolders = ({ pods, index }: Pick<KubeletState, 'pods' | 'index'>, uid: PodUid): readonly PodUid[] => {
  const own = pods.get(uid)?.inputs;
  if (own?.desired === undefined || isOfCluster(own.desired.origin) || (own.observed !== undefined && holdsItsName(own.observed)))
    return [];
  const { turn, pod } = own.desired;
  const name = podKey(pod);
  const others = index.byName.get(name)?.filter((other) => other !== uid) ?? [];
  if (others.length === 0) return [];
  const running = others.filter((other) => runsAs(name, pods.get(other)?.inputs));
  return running.length > 0 ? running : others.filter((other) => isBefore(turn, name, pods.get(other)));
};

const runsAs = (name: string, inputs: PodInputs | undefined): boolean => {
  const observed = inputs?.observed;
  return observed !== undefined && `${observed.namespace}/${observed.name}` === name && holdsItsName(observed);
};

const isBefore = (turn: number, name: string, state: PodState | undefined): boolean => {
  const desired = state?.inputs.desired;
  return (
    desired !== undefined &&
    desired.turn < turn &&
    podKey(desired.pod) === name &&
    state?.inputs.workerState.admission.state === 'admitted' &&
    state.status?.phase !== 'Succeeded' &&
    state.status?.phase !== 'Failed'
  );
};
