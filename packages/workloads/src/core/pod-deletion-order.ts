import { isSidecar } from '@solo-kubelet/pod-spec';
import { atoi, MAX_INT32 } from './go-integers.js';
import { isActivePod, isReady, type ObservedPod, readyCondition, timeOf } from './pod-state.js';

// Which Pods go first when there are too many. Source: pkg/controller/controller_utils.go ActivePods, ActivePodsWithRanks.

/** A rule says which of two Pods goes first: below 0 the first one, above 0 the second; 0: the next rule decides. */
type Rule = (a: ObservedPod, b: ObservedPod) => number;

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const COST = 'controller.kubernetes.io/pod-deletion-cost';

const unassignedFirst: Rule = (a, b) => Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName));
const phaseFirst: Rule = (a, b) => phaseOf(a) - phaseOf(b);
const unreadyFirst: Rule = (a, b) => Number(isReady(a)) - Number(isReady(b));
const cheapestFirst: Rule = (a, b) => costOf(a) - costOf(b);
const mostRestartsFirst: Rule = (a, b) => restartsOf(b, false) - restartsOf(a, false) || restartsOf(b, true) - restartsOf(a, true);

const phaseOf = ({ status }: ObservedPod): number => PHASES[status?.phase ?? ''] ?? 0;

/** A cost that is not a plain 32-bit number counts as 0. */
const costOf = ({ metadata }: ObservedPod): number => {
  const text = metadata.annotations?.[COST] ?? '';
  if (!/^(-|0$|[1-9])/.test(text)) return 0;
  const cost = atoi(text);
  return cost.ok && cost.value >= -MAX_INT32 - 1 && cost.value <= MAX_INT32 ? cost.value : 0;
};

const restartsOf = ({ spec, status }: ObservedPod, ofSidecars: boolean): number => {
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const statuses = ofSidecars
    ? (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))
    : (status?.containerStatuses ?? []);
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount ?? 0));
};

/** On a node with more Pods of the owner first. */
const crowdedFirst = (pods: readonly ObservedPod[]): Rule => {
  const onNode = new Map<string, number>();
  for (const { spec } of pods.filter(isActivePod)) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const rank = ({ spec }: ObservedPod): number => onNode.get(spec.nodeName ?? '') ?? 0;
  return (a, b) => rank(b) - rank(a);
};

type CompareTimes = (a: number | undefined, b: number | undefined, pods: readonly [ObservedPod, ObservedPod]) => number;

const youngestReadyFirst =
  (compare: CompareTimes): Rule =>
  (a, b) =>
    isReady(a) && isReady(b) ? compare(readySince(a), readySince(b), [a, b]) : 0;
const readySince = (pod: ObservedPod): number | undefined => timeOf(readyCondition(pod)?.lastTransitionTime);

const youngestFirst =
  (compare: CompareTimes): Rule =>
  (a, b) =>
    compare(timeOf(a.metadata.creationTimestamp), timeOf(b.metadata.creationTimestamp), [a, b]);

/** The later one first; no time counts as the latest. */
const plainly: CompareTimes = (a, b) => (b ?? Number.POSITIVE_INFINITY) - (a ?? Number.POSITIVE_INFINITY) || 0;

/** By powers of two of the age, so that Pods of about one age are as good as each other: of those the lesser UID goes. */
const byMagnitude =
  (nowMs: number): CompareTimes =>
  (a, b, [podA, podB]) => {
    if (a === undefined || b === undefined || a === b) return plainly(a, b, [podA, podB]);
    const magnitude = (time: number): number => (nowMs > time ? Math.trunc(Math.log2((nowMs - time) * 1e6)) : -1);
    return magnitude(a) - magnitude(b) || (podA.metadata.uid < podB.metadata.uid ? -1 : 1);
  };

/**
 * Insertion sort, as Go's sort does for up to twelve: the rules together are no order (Pods of one magnitude go by UID, but not those of the very
 * same second), so that the outcome depends on the way of sorting.
 */
const sortedBy = (pods: readonly ObservedPod[], rules: readonly Rule[]): readonly ObservedPod[] => {
  const goesFirst = (a: ObservedPod, b: ObservedPod): boolean => {
    for (const rule of rules) {
      const difference = rule(a, b);
      if (difference !== 0) return difference < 0;
    }
    return false;
  };
  const sorted: ObservedPod[] = [];
  for (const pod of pods) {
    let place = sorted.length;
    while (place > 0 && goesFirst(pod, sorted[place - 1]!)) place -= 1;
    sorted.splice(place, 0, pod);
  }
  return sorted;
};

/** The active Pods of a ReplicaSet, those to delete first at the front. `related`: those of its sibling ReplicaSets too. */
export const podDeletionOrder = (
  pods: readonly ObservedPod[],
  nowMs: number,
  related: readonly ObservedPod[] = pods,
): readonly ObservedPod[] =>
  sortedBy(pods, [
    unassignedFirst,
    phaseFirst,
    unreadyFirst,
    cheapestFirst,
    crowdedFirst(related),
    youngestReadyFirst(byMagnitude(nowMs)),
    mostRestartsFirst,
    youngestFirst(byMagnitude(nowMs)),
  ]);

/** The same for the Pods of a Job. */
export const jobPodDeletionOrder = (pods: readonly ObservedPod[]): readonly ObservedPod[] =>
  sortedBy(pods, [unassignedFirst, phaseFirst, unreadyFirst, youngestReadyFirst(plainly), mostRestartsFirst, youngestFirst(plainly)]);
