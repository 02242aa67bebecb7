import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { availableFromMs, hasEnded, isAvailable, isReady, type ObservedPod, timeOf } from '../pod-state.js';
import { REVISION_LABEL, withoutOldRevisions, withUpdateRevision } from '../stateful-set/revisions.js';
import { earliest, type NewPod, type WorkloadEvent } from '../workload.js';
import { daemonPod, hashOf } from './daemon-pod.js';
import type { DaemonRevision, DaemonSet, DaemonSetDecision, DaemonSetRecord, DaemonSetStatus, NodeMatch } from './daemon-set.js';
import { daemonUpdateCounts } from './update-counts.js';

export interface DaemonSetQuestion {
  readonly daemonSet: DaemonSet;
  readonly revisions: readonly DaemonRevision[];
  /** All Pods that the DaemonSet made here; one that the kubelet starts again by itself is given as Pending. */
  readonly pods: readonly ObservedPod[];
  readonly record: DaemonSetRecord;
  readonly node: NodeMatch;
  readonly nowMs: number;
  /** An old and a new Pod cannot run at once here (one host port, one device): the old one goes first. */
  readonly stopFirst?: boolean;
}

/** What a DaemonSet needs on this node now (pkg/controller/daemon). Asked again with its own answer it decides nothing more. */
export const reduceDaemonSet = (question: DaemonSetQuestion): DaemonSetDecision => {
  const { daemonSet, pods, record, node, nowMs } = question;
  const revisions = withUpdateRevision(daemonSet, question.revisions);
  const update = revisions.at(-1)!;
  const ended = endedPods(question);
  const running = pods.filter((pod) => !hasEnded(pod) && !isTerminating(pod)).toSorted(bestFirst);
  const plan = node.shouldContinueRunning
    ? planOf(question, running, hashOf(update), ended.wakeAtMs !== undefined)
    : { gone: running, create: false };
  const gone = [...(node.shouldContinueRunning ? ended.gone : pods.filter((pod) => hasEnded(pod) && !isTerminating(pod))), ...plan.gone];
  const create: readonly NewPod[] = plan.create ? [daemonPod(daemonSet, update, { number: record.podsMade, nodeName: node.nodeName })] : [];
  const kept = running.filter((pod) => !gone.includes(pod));
  const live = new Set([
    update.name,
    ...revisions.filter((revision) => kept.some((pod) => isOf(pod, hashOf(revision)))).map(({ name }) => name),
  ]);
  return {
    status: statusOf(question, create, hashOf(update)),
    revisions: withoutOldRevisions(revisions, live, daemonSet.spec.revisionHistoryLimit),
    record: { podsMade: record.podsMade + create.length, ...(ended.backoff !== undefined && { backoff: ended.backoff }) },
    events: [
      ...(node.shouldContinueRunning ? ended.events : []),
      ...gone.map(
        ({ metadata }): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${metadata.name}` }),
      ),
      ...create.map(
        ({ metadata }): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${metadata.name}` }),
      ),
    ],
    create,
    delete: gone.map(({ metadata: { name, uid } }) => ({ name, uid })),
    wakeAtMs: earliest([ended.wakeAtMs, ...kept.map((pod) => availableFromMs(pod, daemonSet.spec.minReadySeconds ?? 0))], nowMs),
  };
};

const isTerminating = ({ metadata }: ObservedPod): boolean => Boolean(metadata.deletionTimestamp);
const isOf = ({ metadata }: ObservedPod, hash: string): boolean => metadata.labels?.[REVISION_LABEL] === hash;
/** Of several Pods one that serves stays, and of those the oldest; upstream looks at age alone. */
const bestFirst = (a: ObservedPod, b: ObservedPod): number =>
  Number(isReady(b)) - Number(isReady(a)) ||
  (timeOf(a.metadata.creationTimestamp) ?? 0) - (timeOf(b.metadata.creationTimestamp) ?? 0) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

interface EndedPods {
  readonly gone: readonly ObservedPod[];
  readonly events: readonly WorkloadEvent[];
  readonly backoff?: DaemonSetRecord['backoff'];
  readonly wakeAtMs?: number;
}

/** As failedPodsBackoff (cmd/kube-controller-manager/app/apps.go); forgotten after twice the longest delay. */
const FAILED_PODS_BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 900_000 };

/** Pods that ended make room for others, those that failed only one in each back-off. */
const endedPods = ({ daemonSet: { metadata }, pods, record, node, nowMs }: DaemonSetQuestion): EndedPods => {
  const generation = metadata.generation ?? 1;
  let backoff =
    record.backoff?.generation === generation && nowMs - record.backoff.sinceMs <= 2 * FAILED_PODS_BACKOFF.maxMs
      ? record.backoff
      : undefined;
  const gone: ObservedPod[] = [];
  const events: WorkloadEvent[] = [];
  let wakeAtMs: number | undefined;
  for (const pod of pods.filter((candidate) => hasEnded(candidate) && !isTerminating(candidate))) {
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (pod.status?.phase === 'Succeeded') {
      const message = `Found succeeded daemon pod ${name} on node ${node.nodeName}, will try to delete it`;
      events.push({ type: 'Normal', reason: 'SucceededDaemonPod', message });
      gone.push(pod);
    } else if (backoff !== undefined && nowMs - backoff.sinceMs < backoff.delayMs) {
      wakeAtMs = backoff.sinceMs + backoff.delayMs;
    } else {
      const message = `Found failed daemon pod ${name} on node ${node.nodeName}, will try to kill it`;
      events.push({ type: 'Warning', reason: 'FailedDaemonPod', message });
      gone.push(pod);
      backoff = {
        generation,
        sinceMs: nowMs,
        delayMs: nextBackoffMs(FAILED_PODS_BACKOFF, backoff?.delayMs),
      };
    }
  }
  return { gone, events, backoff: backoff ?? record.backoff, wakeAtMs };
};

interface Plan {
  readonly gone: readonly ObservedPod[];
  readonly create: boolean;
}

const planOf = (question: DaemonSetQuestion, running: readonly ObservedPod[], hash: string, holdsBack: boolean): Plan => {
  const { daemonSet, pods, node, nowMs, stopFirst } = question;
  const { type, rollingUpdate } = daemonSet.spec.updateStrategy;
  const rolling = type === 'RollingUpdate';
  const counts = daemonUpdateCounts(rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable ?? 1, 1);
  const surges = rolling && !stopFirst && counts.ok && counts.value.allowsSurge;
  if (!surges) {
    const [oldest, ...others] = running;
    const outdated = rolling && oldest !== undefined && others.length === 0 && !isOf(oldest, hash);
    return { gone: outdated ? [oldest] : others, create: node.shouldRun && pods.length === 0 };
  }
  const [young, ...youngOthers] = running.filter((pod) => isOf(pod, hash));
  const [old, ...oldOthers] = running.filter((pod) => !isOf(pod, hash));
  // Upstream makes one beside a Pod that failed at once, again and again; here the back-off holds (decision 221).
  const create = node.shouldRun && young === undefined && !holdsBack;
  const isReplaced =
    young === undefined
      ? create && old !== undefined && !isReady(old)
      : old !== undefined && (!isReady(old) || isAvailable(young, daemonSet.spec.minReadySeconds ?? 0, nowMs));
  return { gone: [...youngOthers, ...oldOthers, ...(isReplaced && old !== undefined ? [old] : [])], create };
};

const byAge = (a: ObservedPod, b: ObservedPod): number =>
  (timeOf(a.metadata.creationTimestamp) ?? 0) - (timeOf(b.metadata.creationTimestamp) ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);

/** By the oldest Pod that is there, whether it ends or has ended (daemon_controller.go updateDaemonSetStatus). */
const statusOf = ({ daemonSet, pods, node, nowMs }: DaemonSetQuestion, create: readonly NewPod[], hash: string): DaemonSetStatus => {
  const oldest = pods.toSorted(byAge)[0];
  const scheduled = Number(oldest !== undefined || create.length > 0);
  const ready = oldest !== undefined && isReady(oldest);
  const available = ready && isAvailable(oldest, daemonSet.spec.minReadySeconds ?? 0, nowMs);
  const desired = Number(node.shouldRun);
  return {
    observedGeneration: daemonSet.metadata.generation ?? 1,
    desiredNumberScheduled: desired,
    currentNumberScheduled: desired * scheduled,
    numberMisscheduled: node.shouldRun ? 0 : scheduled,
    numberReady: desired * Number(ready),
    numberAvailable: desired * Number(available),
    numberUnavailable: desired - desired * Number(available),
    updatedNumberScheduled: desired * Number(oldest === undefined ? create.length > 0 : isOf(oldest, hash)),
  };
};
