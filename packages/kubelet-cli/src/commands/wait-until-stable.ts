import type { ManifestState, ManifestStates } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, combineLatest, filter, map, merge, type Observable, take, timer } from 'rxjs';
import type { NodeApiObject } from '../client/node-client.js';
import { isSettled } from './pod-state.js';
import { rolloutStatus } from './rollout-status.js';

export interface Settled {
  readonly pods: readonly Pod[];
  readonly manifests: ManifestStates;
  /** Every pod is Ready or has done its work, and every workload has rolled out; false when time was up first. */
  readonly complete: boolean;
}

/** By the keys of manifests. */
type Objects = ReadonlyMap<string, object>;

export interface SettlingNode {
  readonly pods$: Observable<ReadonlyMap<PodUid, PodView>>;
  readonly manifests$: Observable<ManifestStates>;
  readonly objects$: Observable<Objects>;
}

/** Emits once: when every manifest has been read, each of its pods is Ready or done and each workload has rolled out, or when the time is up. */
export const waitUntilStable = ({ pods$, manifests$, objects$ }: SettlingNode, timeoutMs: number): Observable<Settled> => {
  const state$ = combineLatest([pods$, manifests$, objects$]).pipe(
    map(([views, manifests, objects]) => {
      const pods = [...views.values()].map(({ pod }) => pod).sort((left, right) => nameOf(left).localeCompare(nameOf(right)));
      return { pods, manifests, complete: isComplete(manifests, pods, objects) };
    }),
  );
  const late$ = combineLatest([state$, timer(timeoutMs, longDelays(asyncScheduler))]).pipe(map(([state]) => state));
  return merge(state$.pipe(filter(({ complete }) => complete)), late$).pipe(take(1));
};

const isComplete = ({ sources, manifests }: ManifestStates, pods: readonly Pod[], objects: Objects): boolean => {
  const wanted = [...manifests.values()].filter(({ state }) => state === 'accepted' || state === 'stale');
  const documents = wanted.filter(({ podKey }) => podKey !== undefined).length;
  return (
    sources.size > 0 &&
    [...sources.values()].every(({ synced }) => synced) &&
    pods.filter((pod) => ownerOf(pod) === undefined).length >= documents &&
    pods.every((pod) => isSettled(pod) || (ownerOf(pod) === 'Job' && pod.status?.phase === 'Failed')) &&
    wanted.every((manifest) => hasRolledOut(manifest, objects))
  );
};

const ownerOf = ({ metadata }: Pod): string | undefined => metadata.ownerReferences?.[0]?.kind;

/** Whether a document has the Pods that it asks for. A Job that failed is not done; its Pods that failed have successors. */
const hasRolledOut = ({ objectKey = '' }: ManifestState, objects: Objects): boolean => {
  const kind = objectKey.slice(0, objectKey.search(/[./]/));
  if (!MAKES_PODS.has(kind)) return true;
  const object = objects.get(objectKey) as NodeApiObject | undefined;
  if (object?.status === undefined) return false;
  if (kind === 'Job') return !conditionsOf(object).some(({ type, status }) => type === 'Failed' && status === 'True');
  if (kind === 'ReplicaSet') return Number(object.status['readyReplicas'] ?? 0) >= Number(object.spec?.['replicas'] ?? 1);
  return rolloutStatus(object).done;
};

const MAKES_PODS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);

const conditionsOf = ({ status }: NodeApiObject): readonly { readonly type?: string; readonly status?: string }[] =>
  (status?.['conditions'] ?? []) as readonly { readonly type?: string; readonly status?: string }[];

const nameOf = ({ metadata }: Pod): string => `${metadata?.namespace}/${metadata?.name}`;
