import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { emptyObjectStore, listObjects, type ManifestEvent, type ObjectStore, reduceObjects } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { from, Observable, type ObservableInput, type OperatorFunction, type SchedulerLike } from 'rxjs';
import {
  type Claim,
  type ClaimNode,
  type ClaimRecord,
  type ClaimState,
  claimKey,
  claimNames,
  type VolumeState,
} from '../core/claims/claim.js';
import { ephemeralClaims } from '../core/claims/ephemeral-claim.js';
import { type ClaimsDecision, reduceClaims } from '../core/claims/reduce-claims.js';
import { hasEnded } from '../core/pod-state.js';
import type { WorkloadEvent } from '../core/workload.js';

type ClaimingPod = Pick<Pod, 'metadata' | 'spec' | 'status'>;

/** The Pods that there are. */
export interface ClaimFeedback {
  /** Whether the runtime has been looked at: before that a Pod that is not here may be there all the same. */
  readonly listed: boolean;
  readonly pods: readonly ClaimingPod[];
  /** Namespaces with Pods of which nobody knows any more what they use: nothing of theirs is taken away. */
  readonly unknownIn: ReadonlySet<string>;
}

export type ClaimsOutput =
  /** What holds now; written down. By `namespace/name`, and by name. */
  | { readonly type: 'decided'; readonly claims: ReadonlyMap<string, ClaimState>; readonly volumes: ReadonlyMap<string, VolumeState> }
  | { readonly type: 'event'; readonly claim: Pick<Claim, 'metadata'>; readonly event: WorkloadEvent }
  /** What is to be written or deleted cannot be: it is tried again. */
  | { readonly type: 'trouble'; readonly message: string };

export interface ClaimsOptions {
  /** Every source that must have been read once before anything is bound, released or deleted. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  /** What an earlier process wrote. */
  readonly record: ClaimRecord;
  readonly save: (record: ClaimRecord) => ObservableInput<unknown>;
  /** Deletes a directory with all that is in it. Anything that is mounted there must stay, and the call fail. */
  readonly removeData: (path: string) => ObservableInput<unknown>;
  readonly feedback$: Observable<ClaimFeedback>;
  /** Claims that have gone, by `namespace/name`, whose data somebody wants deleted. */
  readonly discard$: Observable<string>;
  readonly node: ClaimNode;
  readonly scheduler: SchedulerLike;
}

/** After a write or a deletion that failed, ms. */
const RETRY_MS = 10_000;

/**
 * Gives claims their volumes: manifest events in, what holds of claims and volumes out. Every binding is written down before it is told of; what an
 * earlier process had bound holds from the start.
 */
export const runClaims =
  ({
    sources,
    record: earlier,
    save,
    removeData,
    feedback$,
    discard$,
    node,
    scheduler,
  }: ClaimsOptions): OperatorFunction<ManifestEvent, ClaimsOutput> =>
  (manifestEvent$) =>
    new Observable((subscriber) => {
      const timers = longDelays(scheduler);
      let objects: ObjectStore = emptyObjectStore;
      let feedback: ClaimFeedback = { listed: false, pods: [], unknownIn: new Set() };
      let record = earlier;
      let written = JSON.stringify(earlier);
      let uses = '';
      let busy = false;
      let dirty = false;
      const deleted = new Set<string>();
      const discarded = new Set<string>();
      const removing = new Set<string>();

      const later = (work: () => void): void => void subscriber.add(timers.schedule(work, RETRY_MS));

      const ask = (): ClaimsDecision => {
        const claims = [...(listObjects(objects, 'PersistentVolumeClaim') as unknown as readonly Claim[])];
        const names = new Set(claims.map(claimKey));
        for (const pod of feedback.pods) {
          for (const claim of ephemeralClaims(pod, (name) => uidOf(`${pod.metadata.uid}/${name}`))) {
            if (names.has(claimKey(claim))) continue;
            names.add(claimKey(claim));
            claims.push(claim);
          }
        }
        const isSynced = feedback.listed && sources.every(({ source, path }) => objects.syncedSources.has(`${source}:${path}`));
        return reduceClaims({
          claims,
          volumes: listObjects(objects, 'PersistentVolume'),
          classes: listObjects(objects, 'StorageClass'),
          pods: [...feedback.pods, ...unknownUsers(record, feedback.unknownIn)],
          record,
          node,
          synced: isSynced,
          deleted,
          discarded,
        });
      };

      const touch = (): void => {
        dirty = true;
        if (busy) return;
        dirty = false;
        const decision = ask();
        const text = JSON.stringify(decision.record);
        if (text === written) {
          carryOut(decision);
          return;
        }
        busy = true;
        subscriber.add(
          from(save(decision.record)).subscribe({
            error: (error: unknown) => {
              busy = false;
              subscriber.next({ type: 'trouble', message: describeError(error) });
              later(touch);
            },
            complete: () => {
              written = text;
              carryOut(decision);
              busy = false;
              if (dirty) touch();
            },
          }),
        );
      };

      const carryOut = (decision: ClaimsDecision): void => {
        record = decision.record;
        // An earlier deletion is forgotten with its record: the same directory may be made again.
        const doomed = new Set(decision.delete);
        for (const path of deleted) if (!doomed.has(path)) deleted.delete(path);
        for (const key of discarded) if (!record.released.some(({ claim }) => claimKey(claim) === key)) discarded.delete(key);
        for (const { claim, type, reason, message } of decision.events) {
          const [namespace = '', name = ''] = claim.split('/');
          const about = decision.claims.get(claim)?.claim ?? { metadata: { namespace, name, uid: '' } };
          subscriber.next({ type: 'event', claim: about, event: { type, reason, message } });
        }
        subscriber.next({ type: 'decided', claims: decision.claims, volumes: decision.volumes });
        for (const path of decision.delete) remove(path);
      };

      const remove = (path: string): void => {
        if (removing.has(path) || deleted.has(path)) return;
        removing.add(path);
        subscriber.add(
          from(removeData(path)).subscribe({
            error: (error: unknown) => {
              removing.delete(path);
              subscriber.next({ type: 'trouble', message: `the data in ${path} cannot be deleted: ${describeError(error)}` });
              later(touch);
            },
            complete: () => {
              removing.delete(path);
              deleted.add(path);
              touch();
            },
          }),
        );
      };

      const takeEvent = (event: ManifestEvent): void => {
        const before = objects;
        objects = reduceObjects(objects, event);
        if (KINDS.some((kind) => before.byKind.get(kind) !== objects.byKind.get(kind)) || before.syncedSources !== objects.syncedSources)
          touch();
      };

      const takeFeedback = (next: ClaimFeedback): void => {
        const pods = next.pods.filter((pod) => claimNames(pod).length > 0);
        const now = JSON.stringify([
          next.listed,
          [...next.unknownIn],
          pods.map((pod) => [pod.metadata.uid, hasEnded(pod), claimNames(pod)]),
        ]);
        feedback = { ...next, pods };
        if (now === uses) return;
        uses = now;
        touch();
      };

      const fail = (error: unknown): void => subscriber.error(error);
      subscriber.add(feedback$.subscribe({ next: takeFeedback, error: fail }));
      subscriber.add(
        discard$.subscribe({
          next: (key) => {
            discarded.add(key);
            touch();
          },
          error: fail,
        }),
      );
      touch();
      subscriber.add(manifestEvent$.subscribe({ next: takeEvent, error: fail }));
    });

const KINDS = ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass'] as const;

/** Pods whose manifests went while nobody looked: they are taken to use whatever they may. */
const unknownUsers = ({ bindings }: ClaimRecord, namespaces: ReadonlySet<string>): readonly ClaimingPod[] =>
  [...namespaces].map((namespace) => ({
    metadata: { name: '', namespace, uid: '' },
    spec: {
      containers: [],
      volumes: bindings
        .filter(({ claim }) => claim.metadata.namespace === namespace)
        .map(({ claim }, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName: claim.metadata.name } })),
    },
  }));

/** An identity that is the same whenever it is asked for. */
const uidOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
