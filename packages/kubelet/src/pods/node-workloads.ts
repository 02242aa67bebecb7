import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import {
  matchesNode,
  type NodeAdmissionFacts,
  type PodView,
  type Reconciler,
  type Rejection,
  type ToldEvent,
} from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { controllerName } from '@solo-kubelet/workloads';
import {
  fileGuardStore,
  fileWorkloadStore,
  type OrphanPod,
  type PodFeedback,
  runWorkloads,
  type SeenPod,
  WORKLOAD_SOURCE,
  type WorkloadView,
} from '@solo-kubelet/workloads/rx';
import { combineLatest, mergeMap, type Observable, of, Subject, share, tap } from 'rxjs';

export interface NodeWorkloads {
  /** What documents ask for, and what their workloads made. */
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** Every source that must have been read once, workloads among them. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  /** Every change of one. */
  readonly workload$: Observable<{ readonly key: string; readonly view: WorkloadView | undefined }>;
  readonly event$: Observable<ToldEvent>;
  /** Drops a claim, by `namespace/name`, that a workload made and keeps. */
  readonly forgetClaim: (key: string) => void;
  /** Why a Pod of a document does not begin yet: it waits for others. */
  readonly rejection: (pod: Pod) => Rejection | undefined;
  /** Tells that `rejection` may answer otherwise. */
  readonly rejection$: Observable<unknown>;
  /** Images that rollouts may go back to. */
  readonly keptImages: () => readonly string[];
  /** The feedback edge: hands on what becomes of Pods while subscribed to. */
  readonly follow: (reconciler: Pick<Reconciler, 'pods$' | 'known$'>) => Observable<unknown>;
}

export interface NodeWorkloadsOptions {
  readonly manifestEvent$: Observable<ManifestEvent>;
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly rootDirectory: string;
  readonly facts: NodeAdmissionFacts;
  readonly wallNow: () => number;
  /** Uids of Pods of workloads that somebody wants to be ended. */
  readonly deletePod$?: Observable<string>;
  readonly logger: Logger;
}

/** The controllers of the node: between what documents ask for and the reconciler. */
export const nodeWorkloads = ({
  manifestEvent$,
  sources,
  rootDirectory,
  facts,
  deletePod$,
  wallNow,
  logger,
}: NodeWorkloadsOptions): NodeWorkloads => {
  const podFeedback$ = new Subject<PodFeedback>();
  const forgetClaim$ = new Subject<string>();
  const kept = new Map<string, readonly string[]>();
  const waiting = new Map<string, Rejection>();
  const rejection$ = new Subject<unknown>();
  const output$ = manifestEvent$.pipe(
    runWorkloads({
      sources,
      store: fileWorkloadStore({ directory: join(rootDirectory, 'workloads'), logger }),
      guardStore: fileGuardStore({ directory: join(rootDirectory, 'guarded-pods'), logger }),
      podFeedback$,
      forgetClaim$,
      ...(deletePod$ && { deletePod$ }),
      node: { name: facts.nodeName, fits: (spec) => matchesNode(spec, facts) },
      newUid: randomUUID,
      scheduler: steadyScheduler,
      wallNow,
    }),
    tap((output) => {
      if (output.type === 'workload') {
        if (output.view === undefined) kept.delete(output.key);
        else kept.set(output.key, output.view.keptImages);
      }
      if (output.type === 'podImages') kept.set(`Pod/${output.key}`, output.images);
      if (output.type === 'podWaits') {
        const { uid, waits } = output;
        const changed = waits === undefined ? waiting.delete(uid) : waiting.set(uid, { ...waits, waits: waits.type });
        if (changed) rejection$.next(uid);
      }
      if (output.type === 'trouble')
        logger.error({ workload: output.key, err: output.message }, 'Records of workloads cannot be kept; trying again');
    }),
    share(),
  );
  return {
    forgetClaim: (key) => forgetClaim$.next(key),
    manifestEvent$: output$.pipe(mergeMap((output) => (output.type === 'manifest' ? of(output.event) : []))),
    sources: [...sources, WORKLOAD_SOURCE],
    workload$: output$.pipe(mergeMap((output) => (output.type === 'workload' ? of({ key: output.key, view: output.view }) : []))),
    event$: output$.pipe(
      mergeMap((output) =>
        output.type === 'event' ? of({ ...output.event, about: output.about, component: controllerName(output.about.kind) }) : [],
      ),
    ),
    rejection: ({ metadata }) => waiting.get(metadata.uid ?? ''),
    rejection$,
    keptImages: () => [...kept.values()].flat(),
    follow: ({ pods$, known$ }) =>
      // In this order: the Pods that were found come before the word that they are all.
      combineLatest([pods$, known$]).pipe(
        tap(([pods, listed]) =>
          podFeedback$.next({
            listed,
            pods: new Map([...pods].map(([uid, view]) => [uid, seenPod(view)])),
            orphans: () => orphansOf(pods),
          }),
        ),
      ),
  };
};

/** Pods that nothing asks for, by what their sandboxes say. */
const orphansOf = (pods: ReadonlyMap<string, PodView>): readonly OrphanPod[] =>
  [...pods.values()].flatMap(({ podUid, origin, terminating, pod: { metadata, status } }) =>
    origin === undefined && !terminating
      ? [
          {
            uid: podUid,
            namespace: metadata.namespace ?? 'default',
            name: metadata.name ?? '',
            labels: metadata.labels ?? {},
            ...(status?.phase && { phase: status.phase }),
          },
        ]
      : [],
  );

const seen = new WeakMap<PodView, SeenPod>();

/** The same for the same view: only what changed is looked at. */
const seenPod = (view: PodView): SeenPod => {
  const known = seen.get(view) ?? { status: view.pod.status, ...(view.returns && { returns: view.returns }) };
  seen.set(view, known);
  return known;
};
