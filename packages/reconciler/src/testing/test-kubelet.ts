import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { ProbeReport } from '@solo-kubelet/probe-engine';
import { BehaviorSubject, merge, Subject, type Subscription, tap } from 'rxjs';
import type { KubeletActivity } from '../core/activity.js';
import type { NodeAdmissionFacts } from '../core/admission/node-admission-facts.js';
import { API_SOURCE } from '../core/cluster-pod.js';
import type { KubeletEvent } from '../core/kubelet-event.js';
import { type PodUid, podUid } from '../core/pod-identity.js';
import type { PodView } from '../core/pod-view.js';
import { createReconciler, type Reconciler } from '../create-reconciler.js';
import type { ReconcilerCommand, ReconcilerDeps } from '../reconciler-deps.js';
import { nodeFacts } from './node-facts.js';

export interface TestKubeletOptions extends Partial<Omit<ReconcilerDeps, 'runtime' | 'scheduler'>> {
  readonly runtime: ReconcilerDeps['runtime'];
  readonly scheduler?: ReconcilerDeps['scheduler'];
}

export interface TestKubelet {
  /** Its streams, for what runs beside it. */
  readonly reconciler: Reconciler;
  /** In order; may be emptied. */
  readonly activities: KubeletActivity[];
  readonly events: KubeletEvent[];
  readonly pods: ReadonlyMap<PodUid, PodView>;
  /** An error that ended the streams or a sync: always a bug. */
  readonly crash: unknown;
  view(uid: string): PodView | undefined;
  /** Drops a manifest, or edits the one at that path. Default path: by the pod's name. */
  apply(pod: Pod, path?: string): void;
  /** Writes a manifest again as it is. */
  touch(path: string): void;
  remove(path: string): void;
  /** What an API server says of a pod of its own; with a deletionTimestamp, that it is to end. */
  assign(pod: Pod): void;
  /** The API server holds it no more. */
  unassign(uid: string): void;
  /** The directory `/m` has delivered its first full set. */
  synced(): void;
  command(command: ReconcilerCommand): void;
  node(facts: NodeAdmissionFacts): void;
  /** What a probe says. */
  probe(report: ProbeReport): void;
  /** The kubelet process ends; nothing in the runtime does. */
  stop(): void;
}

const assigned = (uid: string) => ({ source: API_SOURCE, path: uid, document: 0 }) as const;
const source = { source: 'file', path: '/m' } as const;

/** A reconciler with its manifests, probes and node at hand. It runs from the start. */
export const testKubelet = (options: TestKubeletOptions): TestKubelet => {
  const manifestEvent$ = new Subject<ManifestEvent>();
  const commands$ = new Subject<ReconcilerCommand>();
  const node$ = new BehaviorSubject(nodeFacts());
  const probe$ = new Subject<ProbeReport>();
  const reconciler = createReconciler({
    manifestEvent$,
    commands$,
    node$,
    sources: [source],
    runProbes: () => probe$,
    ...options,
  });
  const activities: KubeletActivity[] = [];
  const events: KubeletEvent[] = [];
  let pods: ReadonlyMap<PodUid, PodView> = new Map();
  let crash: unknown;
  const subscription: Subscription = merge(
    reconciler.activity$.pipe(
      tap((activity) => {
        activities.push(activity);
        if (activity.type === 'syncCrashed') crash = new Error(activity.message);
      }),
    ),
    reconciler.events$.pipe(tap((event) => events.push(event))),
    reconciler.pods$.pipe(
      tap((next) => {
        pods = next;
      }),
    ),
    reconciler.run$,
  ).subscribe({
    error: (error: unknown) => {
      crash = error;
    },
  });
  const originOf = (path: string) => ({ source: 'file', path, document: 0 }) as const;
  return {
    reconciler,
    activities,
    events,
    get pods() {
      return pods;
    },
    get crash() {
      return crash;
    },
    view: (uid) => pods.get(podUid(uid)),
    apply: (pod, path = `/m/${pod.metadata.name}.yaml`) =>
      manifestEvent$.next({ type: 'applied', origin: originOf(path), pod, warnings: [] }),
    assign: (pod) => manifestEvent$.next({ type: 'applied', origin: assigned(pod.metadata.uid), pod, warnings: [] }),
    unassign: (uid) => manifestEvent$.next({ type: 'removed', origin: assigned(uid) }),
    touch: (path) => manifestEvent$.next({ type: 'touched', origin: originOf(path) }),
    remove: (path) => manifestEvent$.next({ type: 'removed', origin: originOf(path) }),
    synced: () => manifestEvent$.next({ type: 'synced', ...source }),
    command: (command) => commands$.next(command),
    node: (facts) => node$.next(facts),
    probe: (report) => probe$.next(report),
    stop: () => subscription.unsubscribe(),
  };
};
