import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { Pod } from '@solo-kubelet/pod-spec';
import { generationOf } from '../observation-ages.js';
import { holdsItsName, type ObservedPod } from '../observed-pod.js';
import { orphanPod } from '../orphan-pod.js';
import type { PodUid } from '../pod-identity.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import { type FootprintInput, footprintOf } from '../resize/footprint.js';
import { withResources } from '../resize/pod-resources.js';
import type { KubeletState } from '../state/kubelet-state.js';
import type { PodState } from '../state/pod-state.js';
import { isTerminal } from '../termination.js';
import { type Occupancy, withOccupant } from './occupancy.js';

export type Occupied = Pick<KubeletState, 'pods' | 'ages'>;

/**
 * The pods that take room on the node after a step, from what they were before it: those that were admitted and have not ended, and every one of which
 * something still runs, wanted or not, until it is gone (kubernetes/kubernetes 104824).
 */
export const occupancyAfter = (occupancy: Occupancy, before: Occupied, after: Occupied): Occupancy => {
  let result = occupancy;
  for (const uid of touched(before, after)) result = withOccupant(result, uid, occupantOf(after, uid, result.byUid.get(uid)));
  return result;
};

const touched = (before: Occupied, after: Occupied): Iterable<PodUid> => {
  const changed = changedKeys(before.pods, after.pods);
  const [was, is] = [before.ages, after.ages];
  if (was === is) return changed;
  if (was.generation !== is.generation) return new Set([...changed, ...after.pods.keys()]);
  return new Set([...changed, ...changedKeys(was.inspected, is.inspected), ...changedKeys(was.unread, is.unread)]);
};

const occupantOf = (kubeletState: Occupied, uid: PodUid, before: Pod | undefined): Pod | undefined => {
  const state = kubeletState.pods.get(uid);
  if (state === undefined) return undefined;
  const { workerState, observed, desired } = state.inputs;
  if (!isRunning(observed) && !isExpected(kubeletState, uid, state)) return undefined;
  // One that ends counts with what is on record; without a record, and wanted again, what is wanted is the best that is known.
  const isOnRecord = workerState.removed && workerState.allocatedBefore !== undefined;
  const pod = workerState.pod ?? (isOnRecord ? undefined : desired?.pod);
  const counted = pod ?? (observed && unreadPod(observed, workerState));
  if (counted === undefined) return undefined;
  return knownFootprint({ pod: counted, workerState, observed, unsettled: isUnsettled(kubeletState, uid, workerState) }, before);
};

const inputs = new WeakMap<Pod, Required<FootprintInput>>();

/** The earlier one where nothing that it goes by is another: most of what a worker notes is none of it. */
const knownFootprint = (input: Required<FootprintInput>, before: Pod | undefined): Pod => {
  const known = before && inputs.get(before);
  if (before !== undefined && known !== undefined && sameFootprint(known, input)) return before;
  const footprint = footprintOf(input);
  inputs.set(footprint, input);
  return footprint;
};

const sameFootprint = (a: Required<FootprintInput>, b: Required<FootprintInput>): boolean =>
  a.pod === b.pod &&
  a.observed === b.observed &&
  a.unsettled === b.unsettled &&
  (a.workerState === b.workerState || FOOTPRINT_PARTS.every((part) => a.workerState[part] === b.workerState[part]));

const FOOTPRINT_PARTS = ['allocating', 'actuated', 'unconfirmed', 'podCgroup', 'podUnconfirmed'] as const;

/** Also a sandbox without containers has its address and its host ports. */
const isRunning = (observed: ObservedPod | undefined): boolean => observed !== undefined && holdsItsName(observed);

/** It may start at any time, or a sync is at work whose effect has not been seen. */
const isExpected = (kubeletState: Occupied, uid: PodUid, { inputs: { desired, workerState }, status }: PodState): boolean => {
  if (workerState.admission.state !== 'admitted') return false;
  const lasts = desired !== undefined && !workerState.removed && !isTerminal(status);
  return lasts || isUnsettled(kubeletState, uid, workerState);
};

/** A sync is at work whose effect has not been seen. */
export const isUnsettled = ({ ages }: Pick<KubeletState, 'ages'>, uid: PodUid, { inPass, minGeneration }: PodWorkerState): boolean =>
  inPass || generationOf(ages, uid) < minGeneration;

/**
 * A pod whose manifest nobody has read, with the host ports that its sandbox holds, and what an earlier kubelet process had allocated to it; else with
 * what the runtime holds its containers to, where the memory limit stands for the request that it doesn't tell.
 */
const unreadPod = (observed: ObservedPod, { allocatedBefore }: PodWorkerState): Pod => {
  const pod = withHostPorts(orphanPod(observed), observed);
  if (allocatedBefore !== undefined) return withResources(pod, allocatedBefore);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: pod.spec.containers.map((container) => {
        const live = observed.containers.find(({ name, state }) => name === container.name && state === 'running')?.resources;
        return live === undefined ? container : { ...container, resources: { ...live, requests: { ...live.limits, ...live.requests } } };
      }),
    },
  };
};

/** A sandbox may have lost its containers, or never had those that ask for ports. */
const withHostPorts = (pod: Pod, { sandboxes }: ObservedPod): Pod => {
  const ports = sandboxes.flatMap(({ state, hostPorts = [] }) => (state === 'ready' ? hostPorts : []));
  return ports.length === 0 ? pod : { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, { name: '', ports }] } };
};
