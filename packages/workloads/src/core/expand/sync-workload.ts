import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { PersistentVolumeClaim } from '@solo-kubelet/object-spec';
import type { PodSpec, PodStatus } from '@solo-kubelet/pod-spec';
import type { NewJob, OwnedJob } from '../cron/cron-job.js';
import { finishedMs, hasEnded, type ObservedPod } from '../pod-state.js';
import { type FindConfig, pinnedPod, withConfig, withoutOldCopies } from '../rollout/config-of-workload.js';
import { isSameJson } from '../same-json.js';
import { parentAndOrdinal } from '../stateful-set/identity.js';
import { gateWorkload, type WaitFacts } from '../wait/gate-workload.js';
import type { PodIdentity, WorkloadEvent } from '../workload.js';
import { madePod } from './child-pod.js';
import { keptClaims, withClaims } from './claims-of-set.js';
import { decideWorkload, type WorkloadDecision } from './decide-workload.js';
import type { ChildPod, WorkloadEntry } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

/** A Pod as the kubelet shows it. */
export interface SeenPod {
  readonly status: PodStatus | undefined;
  /** It is refused, or was evicted, and the kubelet starts it by itself once the cause is gone. */
  readonly returns?: 'refused' | 'evicted';
}

export interface WorkloadFacts {
  /** By UID: every Pod that is wanted or of which something is left. */
  readonly pods: ReadonlyMap<string, SeenPod>;
  readonly jobs: readonly OwnedJob[];
  readonly node: { readonly name: string; readonly fits: (spec: PodSpec) => boolean };
  /** Whether the name belongs to a Pod of a document or of another workload. */
  readonly isTaken: (namespace: string, name: string) => boolean;
  /** Whether a document asks for the claim. */
  readonly hasClaim: (namespace: string, name: string) => boolean;
  readonly isExclusiveClaim: (namespace: string, name: string) => boolean;
  readonly config: FindConfig;
  readonly waits: WaitFacts;
  readonly nowMs: number;
  readonly newUid: () => string;
}

export interface WorkloadStep {
  /** To be written before the rest is done; the same object if nothing changed. */
  readonly entry: WorkloadEntry;
  readonly events: readonly WorkloadEvent[];
  readonly createJobs: readonly NewJob[];
  readonly deleteJobs: readonly string[];
  readonly wakeAtMs?: number;
  /** The decision hung on names of Pods, or on claims, that others have. */
  readonly asksOthers: boolean;
  /** It waits for other workloads or Pods. */
  readonly waits: boolean;
  /** Nothing is left of a workload whose document has gone. */
  readonly done: boolean;
}

/** What is to be done for a workload now, and what is to be written first. Asked again with its own answer it decides nothing more. */
export const syncWorkload = (before: WorkloadEntry, facts: WorkloadFacts): WorkloadStep => {
  const known = withoutGone(before, facts);
  if (known.removed) return endWorkload(known, facts);
  const configured = withConfig(known, facts.config, facts);
  const gate = gateWorkload(configured, facts.waits);
  const entry = withWaiting(configured, gate.waiting);
  const told = gate.event === undefined ? [] : [gate.event];
  if (gate.waiting !== undefined && gate.template === undefined) {
    return { entry: sameOr(before, entry), events: told, createJobs: [], deleteJobs: [], asksOthers: false, waits: true, done: false };
  }
  const observed = entry.children
    .filter(({ life }) => life === entry.life || entry.object.kind === 'StatefulSet')
    .map((child) => observedPod(child, facts));
  const refused = new Set(
    entry.children
      .filter(({ pod }) => facts.pods.get(pod.metadata.uid ?? '')?.returns === 'refused')
      .map(({ pod }) => pod.metadata.uid ?? ''),
  );
  let asksOthers = entry.object.kind === 'StatefulSet';
  const asked =
    (ask: (namespace: string, name: string) => boolean) =>
    (namespace: string, name: string): boolean => {
      asksOthers = true;
      return ask(namespace, name);
    };
  const decision = decideWorkload(entry, {
    ...facts,
    pods: observed,
    refused,
    isExclusiveClaim: asked(facts.isExclusiveClaim),
    template: gate.template,
  });
  const clashes = decision.create.filter(({ metadata }) => facts.isTaken(namespaceOf(entry.object), metadata.name));
  const carried = carryOut(
    entry,
    { ...decision, create: decision.create.filter((pod) => !clashes.includes(pod)) },
    { ...facts, hasClaim: asked(facts.hasClaim) },
  );
  const clean = withoutOldEnded(carried, observed, facts.nowMs);
  return {
    entry: sameOr(before, withoutOldCopies(keptClaims(clean))),
    events: [
      ...told,
      ...decision.events.filter(({ message }) => !clashes.some(({ metadata }) => message.includes(metadata.name))),
      ...clashes.map(clash),
    ],
    createJobs: decision.createJobs,
    deleteJobs: decision.deleteJobs,
    wakeAtMs: decision.wakeAtMs,
    asksOthers: asksOthers || clashes.length > 0,
    waits: gate.waiting !== undefined,
    done: false,
  };
};

const withWaiting = (entry: WorkloadEntry, waiting: string | undefined): WorkloadEntry => {
  if (entry.waiting === waiting) return entry;
  const { waiting: _before, ...rest } = entry;
  return waiting === undefined ? rest : { ...rest, waiting };
};

const clash = ({ metadata }: { readonly metadata: { readonly name: string } }): WorkloadEvent => ({
  type: 'Warning',
  reason: 'FailedCreate',
  message: `Error creating: pods "${metadata.name}" already exists`,
});

const sameOr = (before: WorkloadEntry, after: WorkloadEntry): WorkloadEntry => (isSameJson(before, after) ? before : after);

const withoutGone = (entry: WorkloadEntry, { pods }: WorkloadFacts): WorkloadEntry => {
  const children = entry.children.filter(({ pod, endingSince }) => endingSince === undefined || pods.has(pod.metadata.uid ?? ''));
  return children.length === entry.children.length ? entry : { ...entry, children };
};

/** One that the kubelet starts again by itself is pending; for a Job, what was evicted has failed, and the Job makes its successor. */
const observedPod = ({ pod, endingSince }: ChildPod, { pods }: WorkloadFacts): ObservedPod => {
  const seen = pods.get(pod.metadata.uid ?? '');
  const isOfJob = pod.metadata.ownerReferences?.[0]?.kind === 'Job';
  const returns = seen?.returns === 'refused' || (seen?.returns === 'evicted' && !isOfJob);
  return {
    metadata: { ...pod.metadata, ...(endingSince !== undefined && { deletionTimestamp: endingSince }) },
    spec: pod.spec,
    status: seen?.status === undefined || returns ? { phase: 'Pending' } : seen.status,
  };
};

const ending = (child: ChildPod, nowMs: number): ChildPod => ({ ...child, endingSince: child.endingSince ?? metaTime(nowMs) });

const carryOut = (entry: WorkloadEntry, decision: WorkloadDecision, facts: WorkloadFacts): WorkloadEntry => {
  const gone = new Set(decision.delete.map(({ uid }: PodIdentity) => uid));
  let { made } = entry;
  const withPods: WorkloadEntry = {
    ...entry,
    memory: decision.memory,
    children: [
      ...entry.children.map((child) => (gone.has(child.pod.metadata.uid) ? ending(child, facts.nowMs) : child)),
      ...decision.create.map((pod): ChildPod => {
        made += 1;
        const pinned = pinnedPod(pod, { ...entry, memory: decision.memory });
        const made1 = madePod(entry, pinned, { uid: facts.newUid(), nodeName: facts.node.name, nowMs: facts.nowMs });
        return { number: made, life: entry.life, pod: made1 };
      }),
    ],
    made,
  };
  const claims = decision.claims.filter(({ metadata }) => !facts.hasClaim(namespaceOf(entry.object), metadata.name));
  return withClaims(withPods, claims as readonly PersistentVolumeClaim[], facts);
};

/** Pods that have ended lie about for their logs; beyond this many the oldest go. Upstream's bound for a whole cluster is 12 500. */
const MAX_ENDED = 100;

const withoutOldEnded = (entry: WorkloadEntry, observed: readonly ObservedPod[], nowMs: number): WorkloadEntry => {
  const ended = observed.filter((pod) => hasEnded(pod) && !pod.metadata.deletionTimestamp);
  if (ended.length <= MAX_ENDED) return entry;
  const old = new Set(
    ended
      .toSorted((a, b) => finishedMs(a) - finishedMs(b))
      .slice(0, ended.length - MAX_ENDED)
      .map(({ metadata }) => metadata.uid),
  );
  return { ...entry, children: entry.children.map((child) => (old.has(child.pod.metadata.uid) ? ending(child, nowMs) : child)) };
};

const endWorkload = (entry: WorkloadEntry, facts: WorkloadFacts): WorkloadStep => {
  const { object, children } = entry;
  const ordered = object.kind === 'StatefulSet' && object.spec?.podManagementPolicy !== 'Parallel';
  const isNext = ordered ? nextToEnd(children) : () => true;
  const left = { ...entry, children: children.map((child) => (isNext(child) ? ending(child, facts.nowMs) : child)) };
  const after = children.length === 0 ? keptClaims(withoutConfig(left)) : left;
  return {
    entry: sameOr(entry, after),
    events: [],
    createJobs: [],
    deleteJobs: facts.jobs.map(({ name }) => name),
    asksOthers: false,
    waits: false,
    done: children.length === 0 && after.claims.length === 0 && facts.jobs.length === 0,
  };
};

const withoutConfig = ({ config: _config, ...entry }: WorkloadEntry): WorkloadEntry => entry;

/** The highest ordinal, once none is ending any more. Upstream gives them no order here. */
const nextToEnd = (children: readonly ChildPod[]): ((child: ChildPod) => boolean) => {
  if (children.some(({ endingSince }) => endingSince !== undefined)) return () => false;
  const ordinalOf = ({ pod }: ChildPod): number => parentAndOrdinal(pod.metadata.name ?? '').ordinal;
  const highest = Math.max(...children.map(ordinalOf));
  return (child) => ordinalOf(child) === highest;
};
