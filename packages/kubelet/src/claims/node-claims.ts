import { statfsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { findObject, type ManifestEvent } from '@solo-kubelet/manifest-source';
import type { PodObjects } from '@solo-kubelet/pod-environment';
import type { NodeObjects } from '@solo-kubelet/pod-objects';
import type { NodeSelector, Pod } from '@solo-kubelet/pod-spec';
import { matchesNode, type NodeAdmissionFacts, type PodView, type Reconciler, type ToldEvent } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { removeTree } from '@solo-kubelet/untrusted-files';
import { type ClaimState, claimDirectoryName, claimNames, exclusiveClaimRefusal, type VolumeState } from '@solo-kubelet/workloads';
import { type ClaimFeedback, type ClaimsOutput, fileClaimStore, runClaims } from '@solo-kubelet/workloads/rx';
import {
  combineLatest,
  defer,
  filter,
  firstValueFrom,
  fromEvent,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  ReplaySubject,
  Subject,
  share,
  startWith,
  tap,
  timer,
} from 'rxjs';
import { BINDING_WAIT_MS, claimedVolume, type FoundClaim, NAMED_WAIT_MS } from './core/claimed-volume.js';

/** What holds of claims and volumes. */
export interface ClaimsInHand {
  readonly claims: ReadonlyMap<string, ClaimState>;
  readonly volumes: ReadonlyMap<string, VolumeState>;
}

export interface FollowClaims {
  readonly manifestEvent$: Observable<ManifestEvent>;
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly reconciler: Pick<Reconciler, 'pods$' | 'known$'>;
  /** Whether the claims of a Pod are a cluster's. */
  readonly isOfCluster: (pod: Pod) => boolean;
  /** Told of Pods that may go on. */
  readonly refresh: (podUid: PodView['podUid']) => void;
}

export type DiscardAnswer = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly error: string };

/** The claims of the node and their volumes. */
export interface NodeClaims {
  readonly claim: PodObjects['claim'];
  /** At once and on every change. */
  readonly inHand$: Observable<ClaimsInHand>;
  readonly event$: Observable<ToldEvent>;
  /** Works while subscribed to. */
  follow(parts: FollowClaims): Observable<unknown>;
  /** Deletes the data of a claim that has gone, or that a workload keeps and no Pod uses. Resolves once it is gone. `forget` drops such a claim. */
  discard(
    claim: { readonly namespace: string; readonly name: string; readonly forget: () => boolean },
    options: { readonly signal: AbortSignal },
  ): Promise<DiscardAnswer>;
}

export interface NodeClaimsOptions {
  readonly rootDirectory: string;
  readonly facts: Pick<NodeAdmissionFacts, 'labels' | 'nodeName'>;
  readonly objects: Pick<NodeObjects, 'current'>;
  readonly logger: Logger;
}

/** How long the deletion of a claim's data is waited for, ms; it goes on after that. */
const DELETION_WAIT_MS = 25_000;

const NOTHING: ClaimsInHand = { claims: new Map(), volumes: new Map() };

/** The claims as an earlier process left them. Rejects while its record cannot be read: a claim may not get another volume for that. */
export const createNodeClaims = async ({ rootDirectory, facts, objects, logger }: NodeClaimsOptions): Promise<NodeClaims> => {
  const volumesDirectory = join(rootDirectory, 'volumes');
  const store = fileClaimStore({ path: join(rootDirectory, 'claims.json'), logger });
  const record = await store.load();
  const matches = (selector: NodeSelector): boolean =>
    matchesNode({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: selector } } }, facts);
  // What Pods are asked for comes back from whoever decides on them: the feedback edge of claims.
  const decided$ = new ReplaySubject<ClaimsInHand>(1);
  const told$ = new Subject<ToldEvent>();
  const discard$ = new Subject<string>();
  let inHand = NOTHING;
  let views: ReadonlyMap<string, PodView> = new Map();
  /** Pods that were let in to a claim of which only one Pod may have it, and those that wait for one; by UID. */
  const letIn = new Set<string>();
  const blocked = new Map<string, Pod>();

  const holders = (): readonly Pod[] =>
    [...views.values()].filter((view) => !hasEnded(view) && (letIn.has(view.podUid) || hasStarted(view))).map(({ pod }) => pod);
  const isHeldByOther = (pod: Pod, state: ClaimState | undefined): boolean =>
    state !== undefined && exclusiveClaimRefusal(pod, [state.claim], holders()) !== undefined;
  const find = (request: Parameters<PodObjects['claim']>[0]): FoundClaim => {
    const { namespace = 'default' } = request.pod.metadata;
    const state = inHand.claims.get(`${namespace}/${request.claimName}`);
    const exists = findObject(objects.current(), 'PersistentVolumeClaim', request.claimName, namespace) !== undefined;
    return claimedVolume({ request, state, exists, heldByOther: isHeldByOther(request.pod, state), matches });
  };
  const until = async (reached: () => boolean, ms: number, signal: AbortSignal | undefined): Promise<void> => {
    if (reached() || signal?.aborted) return;
    const aborted$ = signal === undefined ? NEVER : fromEvent(signal, 'abort');
    await firstValueFrom(merge(decided$.pipe(filter(reached)), timer(ms, steadyScheduler), aborted$));
  };

  return {
    inHand$: decided$.pipe(startWith(NOTHING)),
    event$: told$,
    claim: async (request, { signal } = {}) => {
      // A claim that was to be bound at once may turn out to wait for the volume that it names.
      for (const ms of [BINDING_WAIT_MS, NAMED_WAIT_MS]) await until(() => (find(request).waitMs ?? 0) < ms, ms, signal);
      const { waitMs: _, ...answer } = find(request);
      const uid = request.pod.metadata.uid ?? '';
      if (answer.ok) letIn.add(uid);
      else if (isHeldByOther(request.pod, inHand.claims.get(`${request.pod.metadata.namespace}/${request.claimName}`)))
        blocked.set(uid, request.pod);
      return answer;
    },
    follow: ({ manifestEvent$, sources, reconciler, isOfCluster, refresh }) => {
      const feedback$ = combineLatest([reconciler.pods$, reconciler.known$]).pipe(
        map(([pods, listed]) => [ownPods(pods, isOfCluster), listed] as const),
        tap(([next]) => {
          views = next;
          for (const uid of letIn) {
            const view = next.get(uid as PodView['podUid']);
            if (view === undefined || hasEnded(view)) letIn.delete(uid);
          }
          for (const [uid, pod] of blocked) {
            const isGone = !next.has(uid as PodView['podUid']);
            if (!isGone && [...inHand.claims.values()].some((state) => isHeldByOther(pod, state))) continue;
            blocked.delete(uid);
            if (!isGone) refresh(uid as PodView['podUid']);
          }
        }),
        map(([pods, listed]) => feedbackOf(pods, listed)),
      );
      const output$ = manifestEvent$.pipe(
        runClaims({
          sources,
          record,
          save: (next) => store.save(next),
          removeData: (path) => defer(() => removeTree(path)),
          feedback$,
          discard$,
          node: { volumesDirectory, matches, diskBytes: (path) => diskBytes(path, volumesDirectory, rootDirectory) },
          scheduler: steadyScheduler,
        }),
        share(),
      );
      const take = (output: ClaimsOutput): void => {
        if (output.type === 'trouble') {
          logger.error({ err: output.message }, 'Claims cannot be kept; trying again');
        } else if (output.type === 'event') {
          const { namespace = '', name = '', uid = '' } = output.claim.metadata;
          const about = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
          told$.next({ ...output.event, about, component: 'persistentvolume-controller' });
        } else {
          const before = inHand;
          inHand = { claims: output.claims, volumes: output.volumes };
          decided$.next(inHand);
          const changed = new Set([...inHand.claims].filter(([key, state]) => isNews(before.claims.get(key), state)).map(([key]) => key));
          if (changed.size === 0) return;
          for (const { podUid, pod } of views.values())
            if (claimNames(pod).some((name) => changed.has(`${pod.metadata.namespace}/${name}`))) refresh(podUid);
        }
      };
      return output$.pipe(tap(take), ignoreElements());
    },
    discard: async ({ namespace, name, forget }, { signal }) => {
      const key = `${namespace}/${name}`;
      const user = [...views.values()].find(
        (view) => !hasEnded(view) && view.pod.metadata.namespace === namespace && claimNames(view.pod).includes(name),
      );
      if (user !== undefined) return refused(`persistentvolumeclaim "${name}" is used by pod ${user.pod.metadata.name}`);
      const state = inHand.claims.get(key);
      if (state !== undefined && !forget()) return refused(`persistentvolumeclaim "${name}" is asked for by a manifest`);
      await until(() => !inHand.claims.has(key), DELETION_WAIT_MS, signal);
      if (inHand.claims.has(key)) return refused(`persistentvolumeclaim "${name}" is still there`);
      const released = [...inHand.volumes.values()].find(({ claim, phase }) => claim === key && phase === 'Released');
      if (released === undefined) return discardUnrecorded(join(volumesDirectory, claimDirectoryName({ namespace, name })), inHand);
      const { volume, provisioned = false } = released;
      if (!provisioned)
        return refused(`persistentvolume "${volume.metadata.name}" was not made for the claim: its data is yours alone to delete`);
      const path = volume.spec.local?.path ?? '';
      discard$.next(key);
      await until(() => ![...inHand.volumes.values()].some(({ claim }) => claim === key), DELETION_WAIT_MS, signal);
      const isLeft = [...inHand.volumes.values()].some(({ claim }) => claim === key);
      return isLeft ? refused(`${path} is still being deleted`) : { ok: true, path };
    },
  };
};

const refused = (error: string): DiscardAnswer => ({ ok: false, error });

/** What is left of a claim that no record tells of any more. */
const discardUnrecorded = async (path: string, { volumes }: ClaimsInHand): Promise<DiscardAnswer> => {
  const isTaken = [...volumes.values()].some(({ volume }) =>
    `${volume.spec.local?.path ?? volume.spec.hostPath?.path ?? ''}/`.startsWith(`${path}/`),
  );
  if (isTaken || (await stat(path).catch(() => undefined)) === undefined) return refused('there is no data of this claim');
  await removeTree(path);
  return { ok: true, path };
};

const ownPods = (
  pods: ReadonlyMap<PodView['podUid'], PodView>,
  isOfCluster: (pod: Pod) => boolean,
): ReadonlyMap<PodView['podUid'], PodView> =>
  [...pods.values()].some(({ pod }) => isOfCluster(pod)) ? new Map([...pods].filter(([, { pod }]) => !isOfCluster(pod))) : pods;

const isNews = (before: ClaimState | undefined, after: ClaimState): boolean =>
  before?.volume?.metadata.name !== after.volume?.metadata.name || before?.claim.metadata.uid !== after.claim.metadata.uid;

const hasEnded = ({ pod }: PodView): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const hasStarted = ({ pod: { status } }: PodView): boolean =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(({ containerID }) => Boolean(containerID));

/** Orphans tell neither what they use nor, before they are named, where. */
const feedbackOf = (pods: ReadonlyMap<string, PodView>, listed: boolean): ClaimFeedback => {
  const known: Pod[] = [];
  const unknownIn = new Set<string>();
  for (const { pod, origin } of pods.values()) {
    // Every Pod of a manifest has a restart policy, if only by default.
    if (origin === undefined && pod.spec.restartPolicy === undefined) unknownIn.add(pod.metadata.namespace ?? '');
    else known.push(pod);
  }
  return { listed, pods: known, unknownIn };
};

/** Only of the kubelet's own disk: any other may be one that does not answer. */
const diskBytes = (path: string, volumesDirectory: string, rootDirectory: string): number | undefined => {
  if (!path.startsWith(`${volumesDirectory}/`)) return undefined;
  try {
    const { bsize, blocks } = statfsSync(rootDirectory);
    return bsize * blocks;
  } catch {
    return undefined;
  }
};
