import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { namespaceOf } from '../../core/expand/workload-object.js';
import { restartsOnChange } from '../../core/rollout/restart-on-change.js';
import { WAIT_FOR } from '../../core/wait/wait-for.js';
import type { PodGuards } from '../guard-pods.js';
import type { WantedObjects } from '../wanted-objects.js';
import type { PodFeedback } from '../workload-output.js';
import type { EntryTable } from './entry-table.js';
import type { RequestedEnds } from './requested-ends.js';
import type { SeenPods } from './seen-pods.js';
import type { StartUp } from './start-up.js';
import type { WakeTimers } from './wake-timers.js';
import type { WorkQueue } from './work-queue.js';
import type { Syncs } from './workload-syncs.js';

/** How long what workloads refer to must be at rest before they are rolled for a change of it, ms. */
export const CONFIG_SETTLE_MS = 200;

export interface InputsOptions {
  readonly table: EntryTable;
  readonly wanted: WantedObjects;
  readonly guards: PodGuards;
  readonly startUp: StartUp;
  readonly requestedEnds: RequestedEnds;
  readonly seen: SeenPods;
  readonly queue: WorkQueue;
  readonly syncs: Syncs;
  readonly timers: WakeTimers;
  readonly sayManifest: (event: ManifestEvent) => void;
  /** The runtime has been listed for the first time. */
  readonly onListed: () => void;
}

/** Takes each input in and says which workloads are to be looked after for it. */
export interface Inputs {
  takeEvent(event: ManifestEvent): void;
  takeFeedback(feedback: PodFeedback): void;
  /** Ends the Pod of this UID, if a workload made it. */
  endPod(uid: string): void;
  /** A claim, by `namespace/name`, is to be kept no longer. */
  forgetClaim(claimKey: string): void;
}

export const createInputs = (options: InputsOptions): Inputs => {
  const { table, wanted, guards, startUp, requestedEnds, seen, queue, syncs, timers, sayManifest, onListed } = options;
  /** Namespaces in which what Pods refer to has changed, and is not at rest yet. */
  const changedConfigs = new Set<string>();

  /** Files that are written together are one change. */
  const settleConfigs = (): void => {
    for (const key of wanted.workloadKeys()) {
      const object = wanted.workload(key);
      if (object !== undefined && changedConfigs.has(namespaceOf(object)) && restartsOnChange(object.metadata.annotations)) queue.add(key);
    }
    for (const namespace of changedConfigs) guards.lookIn(namespace);
    changedConfigs.clear();
    queue.drain();
  };
  const configChanged = (namespace: string): void => {
    if (changedConfigs.size === 0) timers.after(CONFIG_SETTLE_MS, settleConfigs);
    changedConfigs.add(namespace);
  };
  /** What a workload waits for may be edited by the same write. */
  const settleFirst = (key: string): void => {
    if (queue.hold(key)) timers.after(CONFIG_SETTLE_MS, () => queue.release(key));
  };

  const podChanged = (uid: string): void => {
    const key = table.ownerOfPod(uid);
    if (key !== undefined) queue.add(key);
    else guards.look(uid);
  };
  return {
    takeEvent: (event) => {
      if (!guards.take(event)) sayManifest(event);
      startUp.take(event);
      const concerned = wanted.take(event);
      const declared = startUp.isDeclared();
      for (const key of concerned.workloads) {
        if (startUp.isLoaded() && !declared) startUp.announceRestored(key);
        if (declared && wanted.workload(key)?.metadata.annotations?.[WAIT_FOR] !== undefined) settleFirst(key);
        queue.add(key);
      }
      if (concerned.configIn !== undefined && declared) configChanged(concerned.configIn);
      if (concerned.others) syncs.addWaiting();
      queue.drain();
      startUp.declare();
    },
    takeFeedback: (feedback) => {
      const { first, changed } = seen.take(feedback);
      if (first) {
        onListed();
        return;
      }
      for (const uid of changed) podChanged(uid);
      syncs.addGated();
      guards.look();
      queue.drain();
    },
    endPod: (uid) => {
      const key = table.ownerOfPod(uid);
      if (key === undefined) return;
      requestedEnds.endPod(key, uid);
      queue.touch(key);
    },
    forgetClaim: (claimKey) => {
      requestedEnds.forgetClaim(claimKey);
      for (const [key, { claims }] of table.entries()) if (claims.some(({ claim }) => requestedEnds.isForgotten(claim))) queue.touch(key);
    },
  };
};
