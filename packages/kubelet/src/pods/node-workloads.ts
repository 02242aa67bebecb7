import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import {
  matchesNode,
  type NodeAdmissionFacts,
  type PodView,
  type Reconciler,
  steadyScheduler,
  type ToldEvent,
} from '@solo-kubelet/reconciler';
import {
  fileWorkloadStore,
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
  const output$ = manifestEvent$.pipe(
    runWorkloads({
      sources,
      store: fileWorkloadStore({ directory: join(rootDirectory, 'workloads'), logger }),
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
    event$: output$.pipe(mergeMap((output) => (output.type === 'event' ? of({ ...output.event, about: output.about }) : []))),
    keptImages: () => [...kept.values()].flat(),
    follow: ({ pods$, known$ }) =>
      // In this order: the Pods that were found come before the word that they are all.
      combineLatest([pods$, known$]).pipe(
        tap(([pods, listed]) => podFeedback$.next({ listed, pods: new Map([...pods].map(([uid, view]) => [uid, seenPod(view)])) })),
      ),
  };
};

const seen = new WeakMap<PodView, SeenPod>();

/** The same for the same view: only what changed is looked at. */
const seenPod = (view: PodView): SeenPod => {
  const known = seen.get(view) ?? { status: view.pod.status, ...(view.returns && { returns: view.returns }) };
  seen.set(view, known);
  return known;
};
