import type { ReflectEvent } from '@solo-kubelet/cluster-client';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { plainText } from './plain-text.js';
import { isTerminalPhase } from './pod-status-patch.js';
import { unfitPod } from './unfit-pod.js';

/** The word by which this source goes in `kubernetes.io/config.source`. */
export const API_SOURCE = 'api';
const MIRROR = 'kubernetes.io/config.mirror';

/** What the server holds for this node, and what that means for the kubelet. */
export interface AssignedPods {
  /** By UID. Mirrors of static pods are not among them. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** By `namespace/name`. */
  readonly mirrors: ReadonlyMap<string, Pod>;
  /** Those that are not to be run here, whatever the server says: by UID. Not among `pods`. */
  readonly unfit: ReadonlyMap<string, Pod>;
  readonly synced: boolean;
  /** UIDs that the server has said to be gone, the newest last: what it says of them afterwards is late. A list begins anew. */
  readonly gone: ReadonlySet<string>;
  /** What the last change asks of the kubelet. */
  readonly events: readonly ManifestEvent[];
}

export const emptyAssigned: AssignedPods = {
  pods: new Map(),
  mirrors: new Map(),
  unfit: new Map(),
  synced: false,
  gone: new Set(),
  events: [],
};

export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR] !== undefined;
export const fullName = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/** Takes in what the server said. The server has defaulted and judged its pods: they are taken as they are. */
export const reduceAssigned =
  (nodeName: string) =>
  (state: AssignedPods, event: ReflectEvent<Pod>): AssignedPods => {
    switch (event.type) {
      case 'replaced':
        return replace(state, event.objects, nodeName);
      case 'applied':
        return isLate(state, event.object) ? { ...state, events: [] } : apply({ ...state, events: [] }, event.object);
      case 'deleted':
        return remove({ ...state, events: [] }, event.object);
      case 'lost':
        return { ...state, events: [{ type: 'sourceFailed', source: API_SOURCE, path: nodeName, message: event.message }] };
      case 'back':
        return { ...state, events: [{ type: 'sourceRecovered', source: API_SOURCE, path: nodeName }] };
    }
  };

const replace = (state: AssignedPods, objects: readonly Pod[], nodeName: string): AssignedPods => {
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  const known = [...state.pods.values(), ...state.mirrors.values(), ...state.unfit.values()];
  const gone = known.filter(({ metadata }) => !uids.has(metadata.uid));
  const oldest = [...objects].sort((left, right) => (createdAt(left) < createdAt(right) ? -1 : 1));
  const removed = gone.reduce(remove, { ...state, events: [] as readonly ManifestEvent[] });
  // A list is true whatever was known before: a server may have been put back to an earlier state.
  const next = { ...oldest.reduce(apply, removed), gone: new Set<string>() };
  if (state.synced) return next;
  return { ...next, synced: true, events: [...next.events, { type: 'synced', source: API_SOURCE, path: nodeName }] };
};

const MAX_GONE = 1_000;

/** Said of what is gone, or older than what is known: by a server that repeats itself or mixes up its order. */
const isLate = ({ pods, mirrors, gone }: AssignedPods, pod: Pod): boolean => {
  const known = isMirror(pod) ? mirrors.get(fullName(pod)) : pods.get(pod.metadata.uid);
  return gone.has(pod.metadata.uid) || Number(pod.metadata.resourceVersion) < Number(known?.metadata.resourceVersion);
};

const createdAt = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';

const apply = (state: AssignedPods, pod: Pod): AssignedPods => {
  if (isMirror(pod)) return { ...state, mirrors: new Map(state.mirrors).set(fullName(pod), pod) };
  const { uid } = pod.metadata;
  const fault = unfitPod(pod);
  if (fault !== undefined) return refuse(state, pod, fault);
  const before = state.pods.get(uid);
  const pods = new Map(state.pods).set(uid, pod);
  if (before !== undefined && asks(before) === asks(pod)) return { ...state, pods };
  return { ...state, pods, events: [...state.events, { type: 'applied', origin: originOf(uid), pod, warnings: [] }] };
};

const refuse = (state: AssignedPods, pod: Pod, message: string): AssignedPods => {
  const uid = String(pod.metadata.uid);
  const pods = new Map(state.pods);
  pods.delete(uid);
  const said: ManifestEvent = { type: 'rejected', origin: originOf(uid), issues: [], apiRef: '', message, stale: false };
  return { ...state, pods, unfit: new Map(state.unfit).set(uid, pod), events: [...state.events, said] };
};

const remove = (before: AssignedPods, pod: Pod): AssignedPods => {
  const { uid } = pod.metadata;
  const state = { ...before, gone: new Set([...[...before.gone].slice(1 - MAX_GONE), uid]) };
  if (isMirror(pod)) {
    if (state.mirrors.get(fullName(pod))?.metadata.uid !== uid) return state;
    const mirrors = new Map(state.mirrors);
    mirrors.delete(fullName(pod));
    return { ...state, mirrors };
  }
  if (!state.pods.has(uid) && !state.unfit.has(uid)) return state;
  const pods = new Map(state.pods);
  pods.delete(uid);
  const unfit = new Map(state.unfit);
  unfit.delete(uid);
  return { ...state, pods, unfit, events: [...state.events, { type: 'removed', origin: originOf(uid) }] };
};

const originOf = (uid: string) => ({ source: API_SOURCE, path: uid, document: 0 }) as const;

/**
 * What the kubelet acts upon. Of a status only whether the pod has ended, which anybody may have written, and the conditions that a readiness gate waits
 * for: the rest is what the kubelet itself reported.
 */
const asks = ({ metadata, spec, status }: Pod): string => {
  const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, generation } = metadata;
  const gates = (spec.readinessGates ?? []).map(
    ({ conditionType }) => status?.conditions?.find(({ type }) => type === conditionType)?.status,
  );
  return plainText([spec, labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, generation, gates, isTerminalPhase(status)]);
};
