import { describeError } from '@solo-kubelet/diagnostics';
import { type ManifestEvent, originKey, podKeyOf } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { from, type Subscription } from 'rxjs';
import { type GuardedPod, type GuardFacts, type GuardStep, guardPod, isGuarded, keptImagesOf } from '../core/guard/guard-pod.js';
import { restartsOnChange } from '../core/rollout/restart-on-change.js';
import { isSameJson } from '../core/same-json.js';
import { WAIT_FOR } from '../core/wait/wait-for.js';
import type { WorkloadEvent } from '../core/workload.js';
import type { WorkloadOutput } from './workload-output.js';
import type { WorkloadStore } from './workload-store.js';

type Applied = Extract<ManifestEvent, { type: 'applied' }>;

/** Pods of documents that are to go back, wait or follow what they refer to: what is asked for in their place. */
export interface PodGuards {
  /** Takes an event of a document in; whether it says itself, now or later, what is to be said of it. */
  take(event: ManifestEvent): boolean;
  /** What an earlier process wrote. Nothing is said of a guarded Pod before. */
  restore(entries: ReadonlyMap<string, GuardedPod>): void;
  /** Every document has been read: whoever is not among them is forgotten. */
  settle(): void;
  /** The Pod of this UID, or of none: those that wait for others, has changed. */
  look(uid?: string): void;
  /** What Pods of a namespace refer to has changed. */
  lookIn(namespace: string): void;
  /** The UID under which the Pod of a document is asked for. */
  uidOf(documentUid: string): string;
  /** The annotation by which `pod/name` waits for others. */
  waitOf(namespace: string, what: string): string | undefined;
}

export interface PodGuardsOptions {
  readonly store: WorkloadStore<GuardedPod>;
  readonly facts: () => Omit<GuardFacts, 'own'>;
  readonly nodeName: string;
  readonly say: (output: WorkloadOutput) => void;
  /** Says once that the wall clock may have come to a time. */
  readonly at: (wakeAtMs: number, work: () => void) => Subscription;
  readonly after: (ms: number, work: () => void) => Subscription;
  /** Whether what is written together is to be taken together. */
  readonly settleMs: () => number;
}

/** After a write that failed, ms. */
const RETRY_MS = 10_000;

interface Guard {
  origin: string;
  event: Applied;
  entry: GuardedPod | undefined;
  /** What has been said. */
  use?: Pod;
  asked?: Pod;
  waiting?: WorkloadEvent;
  busy: boolean;
  /** Its document has only just changed. */
  unsettled: boolean;
  nap?: Subscription;
}

export const podGuards = ({ store, facts, nodeName, say, at, after, settleMs }: PodGuardsOptions): PodGuards => {
  /** By `namespace/name`. */
  const guards = new Map<string, Guard>();
  const keyOf = new Map<string, string>();
  const ofUid = new Map<string, string>();
  /** Pods of documents without a guard, by their origin. */
  const plain = new Map<string, Pod>();
  let restored: Map<string, GuardedPod> | undefined;

  const ownName = ({ metadata: { name = '' } }: Pod): string =>
    `pod/${name.endsWith(`-${nodeName}`) ? name.slice(0, -nodeName.length - 1) : name}`;

  const keep = (key: string, guard: Guard, entry: GuardedPod, then: () => void): void => {
    guard.busy = true;
    from(store.save(key, entry)).subscribe({
      error: (error: unknown) => {
        guard.busy = false;
        say({ type: 'trouble', key: `Pod/${key}`, message: describeError(error) });
        guard.nap = after(RETRY_MS, () => lookAt(key));
      },
      complete: () => {
        guard.busy = false;
        guard.entry = entry;
        if (guards.get(key) === guard) then();
        else if (!guards.has(key)) forget(key);
      },
    });
  };

  const lookAt = (key: string): void => {
    const guard = guards.get(key);
    if (guard === undefined || restored === undefined || guard.busy || guard.unsettled) return;
    guard.nap?.unsubscribe();
    const before = guard.entry ?? {};
    const step = guardPod(before, guard.event.pod, { ...facts(), own: ownName(guard.event.pod) });
    // At a start a Pod that runs is asked for at once: one that nobody asks for would be ended.
    const first = guard.use === undefined;
    // What is said is heard at once, and may bring the next question before the write has begun.
    guard.busy = step.entry !== before;
    if (first || step.entry === before) carryOut(key, guard, step);
    if (step.entry === before || guards.get(key) !== guard) return;
    const { event } = guard;
    keep(key, guard, step.entry, () => {
      if (!first && guard.event === event) carryOut(key, guard, step);
      // What happened meanwhile.
      lookAt(key);
    });
  };

  const carryOut = (key: string, guard: Guard, { entry, use, asked, waiting, event, wakeAtMs }: GuardStep): void => {
    const uid = asked.metadata.uid ?? '';
    ofUid.set(uid, key);
    const before = guard.asked?.metadata.uid ?? '';
    if (before !== uid && before !== '') {
      ofUid.delete(before);
      say({ type: 'podWaits', uid: before, waits: undefined });
    }
    guard.asked = asked;
    const about = {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: use.metadata.namespace ?? 'default',
      name: use.metadata.name ?? '',
      uid: use.metadata.uid ?? '',
    };
    const isNew = waiting?.message !== guard.waiting?.message;
    // One that nothing runs in place of shows itself that it waits.
    if (isNew || use !== guard.use) say({ type: 'podWaits', uid, waits: use === asked ? waiting : undefined });
    if (isNew && waiting !== undefined && use !== asked) say({ type: 'event', about, event: waiting });
    guard.waiting = waiting;
    if (event !== undefined) say({ type: 'event', about, event });
    if (guard.use === undefined || !isSameJson(guard.use, use)) {
      guard.use = use;
      say({ type: 'manifest', event: { ...guard.event, pod: use } });
      say({ type: 'podImages', key, images: keptImagesOf(entry) });
    }
    if (wakeAtMs !== undefined) guard.nap = at(wakeAtMs, () => lookAt(key));
  };

  /** Somebody wrote the file again as it was: what is held back has another try. */
  const retry = (key: string, guard: Guard, { held: _held, ...entry }: GuardedPod): void =>
    keep(key, guard, { ...entry, trialMs: facts().nowMs }, () => lookAt(key));

  const leave = (key: string): void => {
    const guard = guards.get(key);
    if (guard === undefined) return;
    guard.nap?.unsubscribe();
    guards.delete(key);
    keyOf.delete(guard.origin);
    const uid = guard.asked?.metadata.uid;
    if (uid !== undefined) {
      ofUid.delete(uid);
      say({ type: 'podWaits', uid, waits: undefined });
    }
    say({ type: 'podImages', key, images: [] });
    forget(key);
  };
  /** What cannot be removed now is forgotten with the next start. */
  const forget = (key: string): void => {
    from(store.remove(key)).subscribe({
      error: (error: unknown) => say({ type: 'trouble', key: `Pod/${key}`, message: describeError(error) }),
    });
  };

  /** A Pod that was not guarded before its edit runs on while the edit waits. */
  const begunPlain = (origin: string, key: string): GuardedPod | undefined => {
    const pod = plain.get(origin);
    return pod !== undefined && podKeyOf(pod) === key ? { begun: pod } : undefined;
  };

  const takeApplied = (event: Applied): boolean => {
    const origin = originKey(event.origin);
    const key = podKeyOf(event.pod);
    const earlier = keyOf.get(origin);
    if (earlier !== undefined && (earlier !== key || !isGuarded(event.pod))) leave(earlier);
    if (!isGuarded(event.pod)) {
      plain.set(origin, event.pod);
      return false;
    }
    const known = guards.get(key);
    if (known !== undefined && known.origin !== origin) keyOf.delete(known.origin);
    const guard: Guard = known ?? { origin, event, entry: restored?.get(key) ?? begunPlain(origin, key), busy: false, unsettled: false };
    plain.delete(origin);
    guard.origin = origin;
    guard.event = event;
    guards.set(key, guard);
    keyOf.set(origin, key);
    const ms = event.pod.metadata.annotations?.[WAIT_FOR] === undefined ? 0 : settleMs();
    if (ms === 0) lookAt(key);
    else if (!guard.unsettled) {
      guard.unsettled = true;
      after(ms, () => {
        guard.unsettled = false;
        lookAt(key);
      });
    }
    return true;
  };

  return {
    take: (event) => {
      if (event.type === 'applied') return takeApplied(event);
      if (!('origin' in event)) return false;
      const origin = originKey(event.origin);
      const ends = event.type === 'removed' || event.type === 'shadowed' || (event.type === 'rejected' && !event.stale);
      if (ends) plain.delete(origin);
      const key = keyOf.get(origin);
      const guard = guards.get(key ?? '');
      if (key === undefined || guard === undefined) return false;
      if (ends) leave(key);
      else if (event.type === 'touched' && guard.entry?.held !== undefined && !guard.busy) retry(key, guard, guard.entry);
      return false;
    },
    restore: (entries) => {
      const now = facts().nowMs;
      // Whoever is being tried has its whole time once more.
      restored = new Map([...entries].map(([key, entry]) => [key, entry.trialMs === undefined ? entry : { ...entry, trialMs: now }]));
      for (const [key, guard] of guards) {
        guard.entry = restored.get(key);
        lookAt(key);
      }
    },
    settle: () => {
      for (const key of restored?.keys() ?? []) if (!guards.has(key)) forget(key);
      restored = new Map();
    },
    look: (uid) => {
      if (uid === undefined) {
        for (const [key, { waiting }] of guards) if (waiting !== undefined) lookAt(key);
        return;
      }
      const key = ofUid.get(uid);
      if (key !== undefined) lookAt(key);
    },
    lookIn: (namespace) => {
      for (const [key, { event }] of guards) {
        const { metadata } = event.pod;
        if ((metadata.namespace ?? 'default') === namespace && restartsOnChange(metadata.annotations)) lookAt(key);
      }
    },
    uidOf: (documentUid) => {
      for (const { event, asked } of guards.values()) if (event.pod.metadata.uid === documentUid) return asked?.metadata.uid ?? documentUid;
      return documentUid;
    },
    waitOf: (namespace, what) => {
      const [kind, name] = what.split('/');
      if (kind !== 'pod') return undefined;
      const guard = guards.get(`${namespace}/${name}`) ?? guards.get(`${namespace}/${name}-${nodeName}`);
      return guard?.event.pod.metadata.annotations?.[WAIT_FOR];
    },
  };
};
