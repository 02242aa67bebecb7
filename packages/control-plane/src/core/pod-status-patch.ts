import { DISRUPTION_TARGET, KUBELET_CONDITIONS, type Pod, type PodCondition, type PodStatus } from '@solo-kubelet/pod-spec';
import { plainText } from './plain-text.js';

/** Fields that the kubelet sends whole; what others keep in a status (claims, a nominated node) is not among them. */
const WHOLE_FIELDS = [
  'phase',
  'reason',
  'message',
  'hostIP',
  'podIP',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'qosClass',
  'observedGeneration',
  'allocatedResources',
  'resources',
] as const satisfies readonly (keyof PodStatus)[];
/** Lists that a strategic patch merges by address. */
const ADDRESS_FIELDS = ['hostIPs', 'podIPs'] as const satisfies readonly (keyof PodStatus)[];

export const isTerminalPhase = (status: Pick<PodStatus, 'phase'> | undefined): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded';

/**
 * What a strategic merge patch of `pods/NAME/status` has to say to make the server's copy show what the kubelet knows; undefined when it does already.
 * Upstream: mergePodStatus and syncPod in pkg/kubelet/status/status_manager.go.
 */
export const podStatusPatch = (copy: Pod, told: PodStatus): object | undefined => {
  const held: PodStatus = copy.status ?? {};
  const status: Record<string, unknown> = {};
  const next = settled(held, told);
  for (const field of WHOLE_FIELDS) if (plainText(held[field]) !== plainText(next[field])) status[field] = next[field] ?? null;
  for (const field of ADDRESS_FIELDS) {
    if (plainText(held[field]) !== plainText(next[field])) status[field] = [...(next[field] ?? []), { $patch: 'replace' }];
  }
  const conditions = changedConditions(held, next);
  if (conditions.length > 0) status['conditions'] = conditions;
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid: copy.metadata.uid }, status };
};

/** An end that the server knows of stays; and what has ended is not ready. */
const settled = (held: PodStatus, told: PodStatus): PodStatus => {
  const ended = isTerminalPhase(held) && held.phase !== told.phase;
  // The generation that was told of once is not taken back.
  const observedGeneration = Math.max(Number(held.observedGeneration ?? 0), Number(told.observedGeneration ?? 0));
  const next: PodStatus = { ...told, ...(observedGeneration > 0 ? { observedGeneration } : {}) };
  if (!ended) return isTerminalPhase(next) ? { ...next, conditions: unready(next) } : next;
  const { reason, message, ...rest } = next;
  const end: PodStatus = {
    ...rest,
    phase: held.phase!,
    ...(held.reason === undefined ? {} : { reason: held.reason }),
    ...(held.message === undefined ? {} : { message: held.message }),
  };
  return { ...end, conditions: unready(end) };
};

const unready = (status: PodStatus): readonly PodCondition[] =>
  (status.conditions ?? []).map((condition) =>
    (condition.type === 'Ready' || condition.type === 'ContainersReady') && condition.status === 'True'
      ? { ...condition, status: 'False', reason: status.phase === 'Failed' ? 'PodFailed' : 'PodCompleted' }
      : condition,
  );

const changedConditions = (held: PodStatus, next: PodStatus): readonly object[] => {
  const before = new Map((held.conditions ?? []).map((condition) => [condition.type, condition]));
  const isOwn = ({ type }: PodCondition): boolean => KUBELET_CONDITIONS.has(type) || (type === DISRUPTION_TARGET && isTerminalPhase(next));
  const own = (next.conditions ?? []).filter(isOwn);
  const changed = own.flatMap((condition) => {
    const known = before.get(condition.type);
    // A time moves with the status alone, whoever wrote it.
    const lastTransitionTime =
      known?.status === condition.status ? (known.lastTransitionTime ?? condition.lastTransitionTime) : condition.lastTransitionTime;
    const said = { ...condition, lastTransitionTime };
    if (plainText(known) === plainText(said)) return [];
    const dropped = ['reason', 'message', 'observedGeneration'].filter(
      (field) => known !== undefined && field in known && !(field in said),
    );
    return [{ ...said, ...Object.fromEntries(dropped.map((field) => [field, null])) }];
  });
  const gone = [...before.keys()].filter((type) => KUBELET_CONDITIONS.has(type) && !own.some((condition) => condition.type === type));
  return [...changed, ...gone.map((type) => ({ $patch: 'delete', type }))];
};
