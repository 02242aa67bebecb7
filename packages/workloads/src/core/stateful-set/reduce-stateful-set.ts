import { burst } from '../burst.js';
import { availableFromMs, hasEnded, isAvailable, isReady, type ObservedPod } from '../pod-state.js';
import { earliest, type NewPod, type WorkloadEvent } from '../workload.js';
import {
  type ClaimTemplate,
  type OrdinalRange,
  ordinalRange,
  parentAndOrdinal,
  statefulClaims,
  statefulPod,
  statefulPodName,
} from './identity.js';
import { REVISION_LABEL, revisionOf, withoutOldRevisions, withUpdateRevision } from './revisions.js';
import type { StatefulRevision, StatefulSet, StatefulSetDecision, StatefulSetRecord, StatefulSetStatus } from './stateful-set.js';

export interface StatefulSetQuestion {
  readonly set: StatefulSet;
  readonly revisions: readonly StatefulRevision[];
  /** All Pods that the set made, those that end or have ended among them; one that the kubelet starts again by itself is given as Pending. */
  readonly pods: readonly ObservedPod[];
  readonly record: StatefulSetRecord;
  readonly nowMs: number;
  /** Whether a claim of the name is there, which need not be made. Default: none is. */
  readonly hasClaim?: (name: string) => boolean;
}

/** What a StatefulSet needs now (statefulset/stateful_set_control.go updateStatefulSet). Asked again with its own answer it decides nothing more. */
export const reduceStatefulSet = (question: StatefulSetQuestion): StatefulSetDecision => {
  const { set, pods, record, nowMs } = question;
  const revisions = withUpdateRevision(set, question.revisions);
  const update = revisions.at(-1)!;
  const current = revisions.find(({ name }) => name === record.status?.currentRevision) ?? update;
  const { create, claims, gone } = decide(question, current, update);
  const kept = pods.filter((pod) => !gone.includes(pod));
  const status = statusOf({ set, pods, gone, create, current, update, nowMs });
  const live = new Set([
    status.currentRevision,
    update.name,
    ...kept.map(revisionOf),
    ...create.map(({ metadata }) => metadata.labels?.[REVISION_LABEL] ?? ''),
  ]);
  return {
    status,
    revisions: withoutOldRevisions(revisions, live, set.spec.revisionHistoryLimit),
    record: { status },
    events: [
      ...gone.map(({ metadata }) => podEvent('Delete', metadata.name, set)),
      ...claims.map(
        ({ claim, pod }): WorkloadEvent => ({
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Create Claim ${claim.metadata.name} Pod ${pod} in StatefulSet ${set.metadata.name} success`,
        }),
      ),
      ...create.map(({ metadata }) => podEvent('Create', metadata.name, set)),
    ],
    claims: claims.map(({ claim }) => claim),
    create,
    delete: gone.map(({ metadata: { name, uid } }) => ({ name, uid })),
    wakeAtMs: earliest(
      kept.map((pod) => availableFromMs(pod, set.spec.minReadySeconds ?? 0)),
      nowMs,
    ),
  };
};

const podEvent = (verb: 'Create' | 'Delete', pod: string, set: StatefulSet): WorkloadEvent => ({
  type: 'Normal',
  reason: `Successful${verb}`,
  message: `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`,
});

interface Changes {
  readonly create: readonly NewPod[];
  readonly claims: readonly { readonly claim: ClaimTemplate; readonly pod: string }[];
  readonly gone: readonly ObservedPod[];
}

const isTerminating = ({ metadata }: ObservedPod): boolean => Boolean(metadata.deletionTimestamp);
const isRunningAndReady = (pod: ObservedPod): boolean => pod.status?.phase === 'Running' && isReady(pod);

const decide = (question: StatefulSetQuestion, current: StatefulRevision, update: StatefulRevision): Changes => {
  const { set, pods, record, nowMs, hasClaim = () => false } = question;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const { first, last } = ordinalRange(set);
  const rolling = set.spec.updateStrategy.type === 'RollingUpdate';
  const updateFrom = first + (set.spec.updateStrategy.rollingUpdate?.partition ?? 0);
  const byOrdinal = new Map(pods.map((pod) => [parentAndOrdinal(pod.metadata.name).ordinal, pod]));
  const serves = (pod: ObservedPod): boolean =>
    isRunningAndReady(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs) && !isTerminating(pod);
  const create: NewPod[] = [];
  const claims: { claim: ClaimTemplate; pod: string }[] = [];
  const gone: ObservedPod[] = [];
  const answer = { create, claims, gone };

  const room = ordered ? 1 : burst(pods, last - first + 1);
  for (const ordinal of ordinalsToLookAt({ first, last }, byOrdinal, room)) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) {
      const revision = isCurrentFor(set, record, ordinal) ? current : update;
      create.push(podOf(set, ordinal, revision));
      const name = statefulPodName(set.metadata.name, ordinal);
      const needed = [...statefulClaims(set, ordinal).values()].filter(({ metadata }) => !hasClaim(metadata.name));
      claims.push(...needed.map((claim) => ({ claim, pod: name })));
      if (ordered) return answer;
    } else if (hasEnded(pod)) {
      if (!isTerminating(pod)) gone.push(pod);
      if (ordered) return answer;
    } else if (ordered && !serves(pod)) {
      // Upstream waits for ever for a broken Pod whose template was corrected (decision 222).
      const outdated = rolling && ordinal >= updateFrom && revisionOf(pod) !== update.name;
      if (outdated && !isRunningAndReady(pod) && !isTerminating(pod)) gone.push(pod);
      return answer;
    }
  }

  const condemned = [...byOrdinal].filter(([ordinal]) => ordinal >= 0 && (ordinal < first || ordinal > last)).sort(([a], [b]) => b - a);
  const firstUnavailable = condemned.findLast(([, pod]) => !serves(pod))?.[1];
  for (const [, pod] of condemned) {
    if (isTerminating(pod)) {
      if (ordered) return answer;
      continue;
    }
    if (ordered && !serves(pod) && pod !== firstUnavailable) return answer;
    gone.push(pod);
    if (ordered) return answer;
  }

  if (!rolling) return answer;
  for (let ordinal = last; ordinal >= updateFrom; ordinal -= 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined || gone.includes(pod)) return answer;
    if (revisionOf(pod) !== update.name && !isTerminating(pod)) {
      gone.push(pod);
      return answer;
    }
    if (!serves(pod)) return answer;
  }
  return answer;
};

/** The ordinals of the range that have Pods, and the lowest of those that have none, at most so many; lowest first. */
const ordinalsToLookAt = ({ first, last }: OrdinalRange, byOrdinal: ReadonlyMap<number, ObservedPod>, room: number): readonly number[] => {
  const missing: number[] = [];
  for (let ordinal = first; ordinal <= last && missing.length < room; ordinal += 1) if (!byOrdinal.has(ordinal)) missing.push(ordinal);
  return [...[...byOrdinal.keys()].filter((ordinal) => first <= ordinal && ordinal <= last), ...missing].sort((a, b) => a - b);
};

/** Whether a Pod that is made gets the revision from before the update. */
const isCurrentFor = ({ spec }: StatefulSet, { status }: StatefulSetRecord, ordinal: number): boolean => {
  const { type, rollingUpdate } = spec.updateStrategy;
  if (type === 'OnDelete') return false;
  const first = spec.ordinals?.start ?? 0;
  return ordinal < first + (rollingUpdate === undefined ? (status?.currentReplicas ?? 0) : (rollingUpdate.partition ?? 0));
};

const podOf = (set: StatefulSet, ordinal: number, revision: StatefulRevision): NewPod => {
  const { metadata, spec } = statefulPod({ ...set, spec: { ...set.spec, template: revision.template } }, ordinal);
  return {
    metadata: {
      ...metadata,
      name: statefulPodName(set.metadata.name, ordinal),
      labels: { ...metadata.labels, [REVISION_LABEL]: revision.name },
    },
    spec,
  };
};

interface StatusQuestion {
  readonly set: StatefulSet;
  readonly pods: readonly ObservedPod[];
  readonly gone: readonly ObservedPod[];
  readonly create: readonly NewPod[];
  readonly current: StatefulRevision;
  readonly update: StatefulRevision;
  readonly nowMs: number;
}

const statusOf = ({ set, pods, gone, create, current, update, nowMs }: StatusQuestion): StatefulSetStatus => {
  const ready = pods.filter(isRunningAndReady);
  const of = ({ name }: StatefulRevision): number =>
    pods.filter((pod) => revisionOf(pod) === name && !isTerminating(pod) && !gone.includes(pod)).length +
    create.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === name).length;
  const status = {
    observedGeneration: Number(set.metadata.generation ?? 1),
    replicas: pods.length + create.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).length,
    currentReplicas: of(current),
    updatedReplicas: of(update),
    currentRevision: current.name,
    updateRevision: update.name,
  };
  const { replicas } = set.spec;
  // Whatever made the Pods new: with OnDelete as well, as Kubernetes does from 1.37 on (kubernetes#136833).
  const complete = [status.updatedReplicas, status.readyReplicas, status.replicas].every((count) => count === replicas);
  return complete ? { ...status, currentReplicas: status.updatedReplicas, currentRevision: update.name } : status;
};
