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

export type Occupied = Pick<KubeletState, 'pods' | 'ages'>;

/**
 * Pods that take room on the node, by UID: those that were admitted and have not ended, and every one of which something still runs, wanted or not,
 * until it is gone (kubernetes/kubernetes 104824).
 */
export const occupyingPods = (kubeletState: Occupied): ReadonlyMap<PodUid, Pod> => {
  const occupying = new Map<PodUid, Pod>();
  for (const [uid, state] of kubeletState.pods) {
    const { workerState, observed, desired } = state.inputs;
    if (!isRunning(observed) && !isExpected(kubeletState, uid, state)) continue;
    // One that ends counts with what is on record; without a record, and wanted again, what is wanted is the best that is known.
    const isOnRecord = workerState.removed && workerState.allocatedBefore !== undefined;
    const pod = workerState.pod ?? (isOnRecord ? undefined : desired?.pod);
    const counted = pod ?? (observed && unreadPod(observed, workerState));
    if (counted !== undefined)
      occupying.set(uid, knownFootprint({ pod: counted, workerState, observed, unsettled: isUnsettled(kubeletState, uid, workerState) }));
  }
  return occupying;
};

const footprints = new WeakMap<PodWorkerState, Required<FootprintInput> & { readonly footprint: Pod }>();

/** Asked at every change of the kubelet state for every pod, of which one has changed. */
const knownFootprint = (input: Required<FootprintInput>): Pod => {
  const before = footprints.get(input.workerState);
  if (before?.pod === input.pod && before.observed === input.observed && before.unsettled === input.unsettled) return before.footprint;
  const footprint = footprintOf(input);
  footprints.set(input.workerState, { ...input, footprint });
  return footprint;
};

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
