import { describeError } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { ApiObject } from '@solo-kubelet/object-spec';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { from, NEVER, Observable, type OperatorFunction, Subscription } from 'rxjs';
import { adoptPodsOfJob, adoptRuns } from '../core/expand/adopt-jobs.js';
import { adoptPods, type OrphanPod } from '../core/expand/adopt-pods.js';
import { replicaSetUid } from '../core/expand/child-pod.js';
import { jobOfCronJob, ownedJob } from '../core/expand/job-of-cron-job.js';
import { type SeenPod, syncWorkload, type WorkloadFacts, type WorkloadStep } from '../core/expand/sync-workload.js';
import { asksTheSame, takeObject } from '../core/expand/take-object.js';
import { statusOf, viewOfWorkload } from '../core/expand/view-of-workload.js';
import type { WorkloadEntry } from '../core/expand/workload-entry.js';
import { namespaceOf, workloadKey } from '../core/expand/workload-object.js';
import { afterRestart } from '../core/rollout/after-restart.js';
import { restartsOnChange } from '../core/rollout/restart-on-change.js';
import { holds, WAIT_FOR, type WaitTerm } from '../core/wait/wait-for.js';
import { objectTime } from '../core/workload.js';
import { currentConfig } from './current-config.js';
import { podGuards } from './guard-pods.js';
import { waitsForProbes } from './waits-for-probes.js';
import { wantedObjects } from './wanted-objects.js';
import { type PodFeedback, WORKLOAD_SOURCE, type WorkloadOutput, type WorkloadsOptions } from './workload-output.js';
import type { WorkloadStore } from './workload-store.js';

/** Entries that are being written at once; each holds a file open. */
const MAX_WRITES = 16;
/** After a write, or the first read, that failed, ms. */
const RETRY_MS = 10_000;
/** How long to wait at most before the clock is looked at again, ms: it may have been set. */
const MAX_NAP_MS = 60_000;
/** What stands before `namespace/name` in the keys of workloads, by kind. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['deployment', 'Deployment.apps'],
  ['replicaset', 'ReplicaSet.apps'],
  ['statefulset', 'StatefulSet.apps'],
  ['daemonset', 'DaemonSet.apps'],
  ['job', 'Job.batch'],
]);
/** How long what workloads refer to must be at rest before they are rolled for a change of it, ms. */
const CONFIG_SETTLE_MS = 200;
/** How long after the start a Pod may seem not to be ready only since its probe has not answered yet, ms. */
const PROBES_ANSWER_MS = 30_000;

/**
 * Makes Pods and claims of the workloads among objects: manifest events in, the same events out with those of the Pods beside them. What is decided is
 * written down as a whole before anything of it is done, deletions before creations; nothing is decided before every source has been read, the records
 * have, and the runtime has been looked at.
 */
export const runWorkloads =
  (options: WorkloadsOptions): OperatorFunction<ManifestEvent, WorkloadOutput> =>
  (manifestEvent$) =>
    new Observable((subscriber) => {
      const { sources, store, guardStore, podFeedback$, node, newUid, wallNow } = options;
      const scheduler = longDelays(options.scheduler);
      const wanted = wantedObjects();
      const entries = new Map<string, WorkloadEntry>();
      const unsynced = new Set(sources.map(({ source, path }) => `${source} ${path}`));
      /** Where everything that was made belongs: Pods by UID and by name, Jobs by their CronJob. */
      const ownerOfPod = new Map<string, string>();
      const ownerOfName = new Map<string, string>();
      const jobsOf = new Map<string, Set<string>>();
      /** What has been said of an entry's Pods and claims, by number. */
      const announced = new Map<string, Set<number>>();
      const naps = new Map<string, Subscription>();
      const dirty = new Set<string>();
      const busy = new Set<string>();
      const changedConfigs = new Set<string>();
      /** Entries that wait for others, and those whose document has only just changed. */
      const gated = new Set<string>();
      const unsettled = new Set<string>();
      /** Entries whose last decision hung on names and claims of others. */
      const waiting = new Set<string>();
      /** Entries of an earlier process whose Pods' probes may not have answered yet. */
      const restored = new Set<string>();
      /** Entries that were taken back and are not on the disk yet. */
      const unwritten = new Set<string>();
      /** Claims that somebody wants no more, until their entries are without them. */
      const forgotten = new Set<string>();
      let pods: ReadonlyMap<string, SeenPod> = new Map();
      let listed = false;
      let orphansNow: () => readonly OrphanPod[] = () => [];
      let loaded = false;
      let guarded = false;
      let declared = false;
      let draining = false;
      let readyAtMs = 0;

      const say = (output: WorkloadOutput): void => subscriber.next(output);
      const sayManifest = (event: ManifestEvent): void => say({ type: 'manifest', event });
      const originOf = (key: string, number: number) => ({ source: WORKLOAD_SOURCE.source, path: key, document: number });
      const isReady = (): boolean => declared && listed;
      const after = (ms: number, work: () => void): Subscription => {
        const timer = scheduler.schedule(work, ms);
        subscriber.add(timer);
        return timer;
      };

      const index = (key: string, entry: WorkloadEntry | undefined): void => {
        const before = entries.get(key);
        for (const { pod } of before?.children ?? []) {
          ownerOfPod.delete(pod.metadata.uid ?? '');
          ownerOfName.delete(`${pod.metadata.namespace}/${pod.metadata.name}`);
        }
        if (entry === undefined) entries.delete(key);
        else entries.set(key, entry);
        for (const { pod } of entry?.children ?? []) {
          ownerOfPod.set(pod.metadata.uid ?? '', key);
          ownerOfName.set(`${pod.metadata.namespace}/${pod.metadata.name}`, key);
        }
        const owner = entry?.owner ?? before?.owner;
        if (owner === undefined) return;
        const jobs = jobsOf.get(owner) ?? new Set();
        if (entry === undefined) jobs.delete(key);
        else jobs.add(key);
        jobsOf.set(owner, jobs);
      };

      /** Whether a document asks for the workload, or for the CronJob that made it. */
      const isWanted = (key: string): boolean => wanted.workload(entries.get(key)?.owner ?? key) !== undefined;

      /** Says what an entry asks for and has not been said yet; what ends was asked for before, or is nobody's. */
      const announce = (key: string, entry: WorkloadEntry): void => {
        const said = announced.get(key) ?? new Set<number>();
        announced.set(key, said);
        const claims = new Map(entry.claims.map((claim) => [claim.number, claim]));
        const copies = new Map((entry.config?.versions ?? []).flatMap(({ copies: all = [] }) => all.map((copy) => [copy.number, copy])));
        const kept = new Map(entry.children.filter(({ endingSince }) => endingSince === undefined).map((child) => [child.number, child]));
        for (const number of said) {
          if (kept.has(number) || claims.has(number) || copies.has(number)) continue;
          said.delete(number);
          sayManifest({ type: 'removed', origin: originOf(key, number) });
        }
        for (const [number, { claim }] of claims) {
          if (said.has(number)) continue;
          said.add(number);
          sayManifest({ type: 'objectApplied', origin: originOf(key, number), object: claim as ApiObject, warnings: [] });
        }
        for (const [number, { object }] of copies) {
          if (said.has(number)) continue;
          said.add(number);
          sayManifest({ type: 'objectApplied', origin: originOf(key, number), object: object as ApiObject, warnings: [] });
        }
        for (const [number, { pod }] of kept) {
          if (said.has(number)) continue;
          said.add(number);
          sayManifest({ type: 'applied', origin: originOf(key, number), pod, warnings: [] });
        }
      };

      /** What an earlier process had decided holds at once: its Pods are to run on. */
      const announceRestored = (key: string): void => {
        const entry = entries.get(key);
        if (entry !== undefined && !announced.has(key) && isWanted(key)) {
          announce(key, entry);
          say({ type: 'workload', key, view: viewOfWorkload(entry) });
        }
        for (const job of jobsOf.get(key) ?? []) announceRestored(job);
      };

      /** Takes back Pods of workloads whose records were lost: those that would be made now, and run. */
      const adopt = (keys: readonly string[]): void => {
        const orphans = keys.length === 0 ? [] : orphansNow();
        if (orphans.length === 0) return;
        for (const key of keys) {
          const object = wanted.workload(key);
          if (object === undefined) continue;
          const taken = new Set(ownerOfPod.keys());
          const fresh = takeObject(undefined, object, { nowMs: wallNow(), newUid });
          const free = orphans.filter(({ uid }) => !taken.has(uid));
          const { cronJob, jobs } = adoptRuns(fresh, key, free, factsOf(key));
          const entry = adoptPodsOfJob(adoptPods(cronJob, free, factsOf(key)), free, factsOf(key));
          if (entry === fresh) continue;
          takeBack(key, entry);
          for (const job of jobs) takeBack(workloadKey(job.object), job);
        }
      };
      const takeBack = (key: string, entry: WorkloadEntry): void => {
        index(key, entry);
        restored.add(key);
        unwritten.add(key);
        announce(key, entry);
        say({ type: 'workload', key, view: viewOfWorkload(entry) });
      };

      const declare = (): void => {
        if (declared || !loaded || !guarded || unsynced.size > 0) return;
        const unknown = [...wanted.workloadKeys()].filter((key) => !entries.has(key));
        // Whether their Pods run is known once somebody has looked: until then nothing is ended.
        if (unknown.length > 0 && !listed) return;
        adopt(unknown);
        for (const key of entries.keys()) announceRestored(key);
        // Claims outlive their workload.
        for (const [key, entry] of entries) if (entry.claims.length > 0 && !announced.has(key)) announce(key, { ...entry, children: [] });
        declared = true;
        readyAtMs = scheduler.now();
        guards.settle();
        sayManifest({ type: 'synced', ...WORKLOAD_SOURCE });
        touchAll();
      };

      const touchAll = (): void => {
        for (const key of [...entries.keys(), ...wanted.workloadKeys()]) dirty.add(key);
        guards.look();
        drain();
      };
      const touch = (key: string): void => {
        dirty.add(key);
        drain();
      };

      const drain = (): void => {
        if (draining || !isReady()) return;
        draining = true;
        for (const key of dirty) {
          if (busy.size >= MAX_WRITES) break;
          if (busy.has(key) || unsettled.has(key)) continue;
          dirty.delete(key);
          pass(key);
        }
        draining = false;
      };

      const configOf: WorkloadFacts['config'] = (kind, namespace, name) => {
        const object = wanted.config(kind, `${namespace}/${name}`);
        return object && currentConfig(object);
      };
      const waits: WorkloadFacts['waits'] = {
        holds: (namespace, term) => isReady() && holds(term.kind, ...statusFor(namespace, term)),
        waitOf: (namespace, what) =>
          namedWorkload(namespace, what)?.object.metadata.annotations?.[WAIT_FOR] ?? guards.waitOf(namespace, what),
      };
      const factsOf = (key: string): WorkloadFacts => ({
        pods,
        jobs: [...(jobsOf.get(key) ?? [])].flatMap((job) => {
          const entry = entries.get(job);
          return entry === undefined || entry.removed ? [] : [ownedJob(entry)];
        }),
        node,
        isTaken: (namespace, name) => {
          const owner = ownerOfName.get(`${namespace}/${name}`);
          return wanted.hasPod(`${namespace}/${name}`) || (owner !== undefined && owner !== key);
        },
        hasClaim: (namespace, name) => wanted.claim(`${namespace}/${name}`) !== undefined,
        isExclusiveClaim: (namespace, name) => {
          const modes = wanted.claim(`${namespace}/${name}`)?.spec?.accessModes;
          return modes?.length === 1 && modes[0] === 'ReadWriteOncePod';
        },
        config: configOf,
        waits,
        nowMs: wallNow(),
        newUid,
      });

      const namedWorkload = (namespace: string, what: string) => {
        const [kind = '', name = ''] = what.split('/');
        const key = `${KEYS.get(kind)}/${namespace}/${name}`;
        const object = wanted.workload(key);
        return object && { key, object };
      };
      /** The status that a condition is looked for in; none for what is not as its document asks for it yet. */
      const statusFor = (namespace: string, { kind, name, condition }: WaitTerm): [object | undefined, string, number?] => {
        if (kind === 'pod') {
          const uid = wanted.pod(`${namespace}/${name}`) ?? wanted.pod(`${namespace}/${name}-${node.name}`) ?? madePodUid(namespace, name);
          return [pods.get(guards.uidOf(uid ?? ''))?.status, condition];
        }
        const found = namedWorkload(namespace, `${kind}/${name}`);
        const entry = found && entries.get(found.key);
        if (found === undefined || entry === undefined || entry.removed || !asksTheSame(entry.object, found.object))
          return [undefined, condition];
        const { spec } = entry.object;
        return [statusOf(entry.memory), condition, spec !== undefined && 'replicas' in spec ? Number(spec.replicas ?? 1) : 1];
      };
      const madePodUid = (namespace: string, name: string): string | undefined =>
        entries.get(ownerOfName.get(`${namespace}/${name}`) ?? '')?.children.find(({ pod }) => pod.metadata.name === name)?.pod.metadata
          .uid;
      /** Pods that somebody wants to be ended, by their workload. */
      const unwanted = new Map<string, Set<string>>();
      const endPod = (uid: string): void => {
        const key = ownerOfPod.get(uid);
        if (key === undefined) return;
        unwanted.set(key, (unwanted.get(key) ?? new Set()).add(uid));
        touch(key);
      };
      const withoutUnwanted = (key: string, entry: WorkloadEntry): WorkloadEntry => {
        const uids = unwanted.get(key);
        if (uids === undefined) return entry;
        unwanted.delete(key);
        const endingSince = objectTime(wallNow());
        const children = entry.children.map((child) =>
          uids.has(child.pod.metadata.uid ?? '') && child.endingSince === undefined ? { ...child, endingSince } : child,
        );
        return { ...entry, children };
      };

      const nextOf = (key: string): WorkloadEntry | undefined => {
        const next = wantedEntry(key);
        return next && withoutUnwanted(key, next);
      };
      const wantedEntry = (key: string): WorkloadEntry | undefined => {
        const entry = entries.get(key);
        const object = wanted.workload(key);
        if (object !== undefined && entry?.owner === undefined) return takeObject(entry, object, { nowMs: wallNow(), newUid });
        if (entry === undefined || entry.removed || isWanted(key)) return entry;
        return { ...entry, removed: true };
      };

      const isForgotten = (claim: ApiObject | WorkloadEntry['claims'][number]['claim']): boolean =>
        forgotten.has(`${claim.metadata?.namespace}/${claim.metadata?.name}`);
      const withoutForgotten = (entry: WorkloadEntry | undefined): WorkloadEntry | undefined =>
        entry?.claims.some(({ claim }) => isForgotten(claim))
          ? { ...entry, claims: entry.claims.filter(({ claim }) => !isForgotten(claim)) }
          : entry;

      const pass = (key: string): void => {
        const known = withoutForgotten(nextOf(key));
        if (known === undefined) return;
        const next = restored.has(key) ? afterRestart(known, wallNow()) : known;
        naps.get(key)?.unsubscribe();
        if (restored.has(key)) {
          const leftMs = readyAtMs + PROBES_ANSWER_MS - scheduler.now();
          if (leftMs > 0 && waitsForProbes(next, pods)) {
            naps.set(
              key,
              after(leftMs, () => touch(key)),
            );
            return;
          }
          restored.delete(key);
        }
        const step = syncWorkload(next, factsOf(key));
        if (step.waits) gated.add(key);
        else gated.delete(key);
        if (step.asksOthers) waiting.add(key);
        else waiting.delete(key);
        if (step.entry === entries.get(key) && !step.done && !unwritten.has(key)) carryOut(key, step);
        else write(key, step);
      };

      const write = (key: string, step: WorkloadStep): void => {
        busy.add(key);
        const kept$ = from(step.done ? store.remove(key) : store.save(key, step.entry));
        subscriber.add(
          kept$.subscribe({
            error: (error: unknown) => {
              busy.delete(key);
              say({ type: 'trouble', key, message: describeError(error) });
              naps.set(
                key,
                after(RETRY_MS, () => touch(key)),
              );
              drain();
            },
            complete: () => {
              unwritten.delete(key);
              carryOut(key, step);
              busy.delete(key);
              drain();
            },
          }),
        );
      };

      const carryOut = (key: string, step: WorkloadStep): void => {
        const { entry, done, events, wakeAtMs } = step;
        const before = entries.get(key);
        index(key, done ? undefined : entry);
        for (const { claim } of before?.claims ?? [])
          if (!entry.claims.some((kept) => kept.claim === claim)) forgotten.delete(`${claim.metadata?.namespace}/${claim.metadata?.name}`);
        announce(key, entry);
        if (done) {
          announced.delete(key);
          waiting.delete(key);
          gated.delete(key);
        }
        if (before !== entry || done) {
          for (const one of gated) if (one !== key) dirty.add(one);
          guards.look();
        }
        const { apiVersion, kind, metadata } = entry.object;
        const about = { apiVersion, kind, namespace: namespaceOf(entry.object), name: metadata.name, uid: entry.uid };
        for (const { replicaSet, ...event } of events) {
          const set = replicaSet === undefined ? {} : { kind: 'ReplicaSet', name: replicaSet, uid: replicaSetUid(entry, replicaSet) };
          say({ type: 'event', about: { ...about, ...set }, event });
        }
        if (before !== entry || done) say({ type: 'workload', key, view: done ? undefined : viewOfWorkload(entry) });
        for (const name of step.deleteJobs) endJob(key, name);
        for (const job of step.createJobs) {
          const uid = newUid();
          const object = jobOfCronJob(entry, job, uid);
          if (object === undefined) continue;
          const jobKey = workloadKey(object);
          index(jobKey, takeObject(entries.get(jobKey), object, { nowMs: wallNow(), newUid: () => uid, owner: key }));
          dirty.add(jobKey);
          dirty.add(key);
        }
        if (entry.owner !== undefined && (done || before !== entry)) dirty.add(entry.owner);
        // Nobody will tell of a Pod that ended before it began.
        if (entry.children.some(({ pod, endingSince }) => endingSince !== undefined && !pods.has(pod.metadata.uid ?? ''))) dirty.add(key);
        if (wakeAtMs !== undefined && !done) nap(key, wakeAtMs);
        drain();
      };

      const endJob = (cronJob: string, name: string): void => {
        for (const key of jobsOf.get(cronJob) ?? []) {
          const entry = entries.get(key);
          if (entry === undefined || entry.removed || entry.object.metadata.name !== name) continue;
          index(key, { ...entry, removed: true });
          dirty.add(key);
        }
      };

      const at = (wakeAtMs: number, work: () => void): Subscription => {
        const whole = new Subscription();
        const nap = (): void => {
          const leftMs = Math.min(Math.max(wakeAtMs - wallNow(), 0), MAX_NAP_MS);
          const timer = after(leftMs, () => (wallNow() >= wakeAtMs ? work() : nap()));
          whole.add(timer);
        };
        nap();
        return whole;
      };
      const nap = (key: string, wakeAtMs: number): void => {
        naps.get(key)?.unsubscribe();
        naps.set(
          key,
          at(wakeAtMs, () => touch(key)),
        );
      };

      const load = <Entry>(from$: WorkloadStore<Entry>, take: (found: ReadonlyMap<string, Entry>) => void): void => {
        let found: ReadonlyMap<string, Entry> = new Map();
        subscriber.add(
          from(from$.load()).subscribe({
            next: (all) => {
              found = all;
            },
            error: (error: unknown) => {
              say({ type: 'trouble', key: '', message: describeError(error) });
              after(RETRY_MS, () => load(from$, take));
            },
            complete: () => {
              take(found);
              declare();
            },
          }),
        );
      };
      const guards = podGuards({
        store: guardStore,
        facts: () => ({ seen: (uid) => pods.get(uid), config: configOf, waits, nowMs: wallNow() }),
        nodeName: node.name,
        say,
        at,
        after,
        settleMs: () => (declared ? CONFIG_SETTLE_MS : 0),
      });

      const takeFeedback = (next: PodFeedback): void => {
        const previous = pods;
        const first = !listed && next.listed;
        pods = next.pods;
        listed = next.listed;
        orphansNow = next.orphans ?? orphansNow;
        if (first) {
          declare();
          readyAtMs = scheduler.now();
          touchAll();
          return;
        }
        for (const [uid, pod] of next.pods) if (previous.get(uid) !== pod) note(uid);
        for (const uid of previous.keys()) if (!next.pods.has(uid)) note(uid);
        for (const key of gated) dirty.add(key);
        guards.look();
        drain();
      };
      const note = (uid: string): void => {
        const key = ownerOfPod.get(uid);
        if (key !== undefined) dirty.add(key);
        else guards.look(uid);
      };

      /** Files that are written together are one change. */
      const settleConfigs = (): void => {
        for (const key of wanted.workloadKeys()) {
          const object = wanted.workload(key);
          if (object !== undefined && changedConfigs.has(namespaceOf(object)) && restartsOnChange(object.metadata.annotations))
            dirty.add(key);
        }
        for (const namespace of changedConfigs) guards.lookIn(namespace);
        changedConfigs.clear();
        drain();
      };

      /** What a workload waits for may be edited by the same write. */
      const settleFirst = (key: string): void => {
        if (unsettled.has(key)) return;
        unsettled.add(key);
        after(CONFIG_SETTLE_MS, () => {
          unsettled.delete(key);
          touch(key);
        });
      };

      const takeEvent = (event: ManifestEvent): void => {
        if (!guards.take(event)) sayManifest(event);
        if (event.type === 'synced') unsynced.delete(`${event.source} ${event.path}`);
        const concerned = wanted.take(event);
        for (const key of concerned.workloads) {
          if (loaded && !declared) announceRestored(key);
          if (wanted.workload(key)?.metadata.annotations?.[WAIT_FOR] !== undefined && declared) settleFirst(key);
          dirty.add(key);
        }
        if (concerned.configIn !== undefined && declared) {
          if (changedConfigs.size === 0) after(CONFIG_SETTLE_MS, settleConfigs);
          changedConfigs.add(concerned.configIn);
        }
        if (concerned.others) for (const key of waiting) dirty.add(key);
        drain();
        declare();
      };

      const forget = (claimKey: string): void => {
        forgotten.add(claimKey);
        for (const [key, { claims }] of entries) if (claims.some(({ claim }) => isForgotten(claim))) touch(key);
      };

      load(store, (found) => {
        for (const [key, entry] of found) {
          index(key, entry);
          restored.add(key);
        }
        loaded = true;
        for (const key of found.keys()) announceRestored(key);
      });
      load(guardStore, (found) => {
        guarded = true;
        guards.restore(found);
      });
      subscriber.add((options.forgetClaim$ ?? NEVER).subscribe({ next: forget, error: (error: unknown) => subscriber.error(error) }));
      subscriber.add((options.deletePod$ ?? NEVER).subscribe({ next: endPod, error: (error: unknown) => subscriber.error(error) }));
      subscriber.add(podFeedback$.subscribe({ next: takeFeedback, error: (error: unknown) => subscriber.error(error) }));
      subscriber.add(manifestEvent$.subscribe({ next: takeEvent, error: (error: unknown) => subscriber.error(error), complete: () => {} }));
    });
