import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { NEVER, Observable, type OperatorFunction } from 'rxjs';
import { podGuards } from './guard-pods.js';
import { createAnnouncements } from './run/announcements.js';
import { createEntryTable } from './run/entry-table.js';
import { loadRecords } from './run/load-records.js';
import { createRequestedEnds } from './run/requested-ends.js';
import { createSeenPods } from './run/seen-pods.js';
import { createStartUp } from './run/start-up.js';
import { CONFIG_SETTLE_MS, createInputs } from './run/take-inputs.js';
import { createKeyTimers, createWakeTimers } from './run/wake-timers.js';
import { createWorkQueue } from './run/work-queue.js';
import { createFacts } from './run/workload-facts.js';
import { createSyncs } from './run/workload-syncs.js';
import { wantedObjects } from './wanted-objects.js';
import { WORKLOAD_SOURCE, type WorkloadOutput, type WorkloadsOptions } from './workload-output.js';

/** How long after the start a Pod may seem not to be ready only since its probe has not answered yet, ms. */
const PROBES_ANSWER_MS = 30_000;

/**
 * Makes Pods and claims of the workloads among objects: manifest events in, the same events out with those of the Pods beside them. What is decided is
 * written down as a whole before anything of it is done, deletions before creations; nothing is decided before every source has been read, the records
 * have, and the runtime has been listed. Here its parts are put together; each is a file of `run/`.
 */
export const runWorkloads =
  (options: WorkloadsOptions): OperatorFunction<ManifestEvent, WorkloadOutput> =>
  (manifestEvent$) =>
    new Observable((whole) => {
      const { store, guardStore, node, wallNow } = options;
      const scheduler = longDelays(options.scheduler);
      let readyAtMs = 0;
      const say = (output: WorkloadOutput): void => whole.next(output);
      const sayManifest = (event: ManifestEvent): void => say({ type: 'manifest', event });

      const wanted = wantedObjects();
      const table = createEntryTable();
      const seen = createSeenPods();
      const requestedEnds = createRequestedEnds();
      const announcements = createAnnouncements(sayManifest);
      const timers = createWakeTimers({ scheduler, wallNow, whole });
      const isReady = (): boolean => startUp.isDeclared() && seen.isListed();
      const facts = createFacts({ ...options, table, wanted, isReady, pods: seen.pods, guards: () => guards });
      const queue = createWorkQueue({ isOpen: isReady, sync: (key) => syncs.sync(key) });
      const lookAfterAll = (): void => {
        for (const key of [...table.keys(), ...wanted.workloadKeys()]) queue.add(key);
        guards.look();
        queue.drain();
      };
      const startUp = createStartUp({
        ...options,
        ...{ table, wanted, announcements, facts, say },
        isListed: seen.isListed,
        orphans: seen.orphans,
        onDeclared: () => {
          readyAtMs = scheduler.now();
          guards.settle();
          sayManifest({ type: 'synced', ...WORKLOAD_SOURCE });
          lookAfterAll();
        },
      });
      const syncs = createSyncs({
        ...options,
        ...{ table, wanted, announcements, facts, startUp, requestedEnds, queue, say, whole },
        timers: createKeyTimers(timers, queue.touch),
        pods: seen.pods,
        probesAnswerInMs: () => readyAtMs + PROBES_ANSWER_MS - scheduler.now(),
        onChanged: () => guards.look(),
      });
      const guards = podGuards({
        store: guardStore,
        facts: () => ({ seen: (uid) => seen.pods().get(uid), config: facts.config, waits: facts.waits, nowMs: wallNow() }),
        nodeName: node.name,
        say,
        ...timers,
        settleMs: () => (startUp.isDeclared() ? CONFIG_SETTLE_MS : 0),
      });
      const inputs = createInputs({
        ...{ table, wanted, guards, startUp, requestedEnds, seen, queue, syncs, timers, sayManifest },
        onListed: () => {
          startUp.declare();
          readyAtMs = scheduler.now();
          lookAfterAll();
        },
      });

      loadRecords(store, { say, timers, whole }, (found) => {
        startUp.entriesRead(found);
        startUp.declare();
      });
      loadRecords(guardStore, { say, timers, whole }, (found) => {
        startUp.guardsRead();
        guards.restore(found);
        startUp.declare();
      });
      const error = (fault: unknown): void => whole.error(fault);
      whole.add((options.forgetClaim$ ?? NEVER).subscribe({ next: inputs.forgetClaim, error }));
      whole.add((options.deletePod$ ?? NEVER).subscribe({ next: inputs.endPod, error }));
      whole.add(options.podFeedback$.subscribe({ next: inputs.takeFeedback, error }));
      whole.add(manifestEvent$.subscribe({ next: inputs.takeEvent, error, complete: () => {} }));
    });
