import { ageOf, since, timeAt } from '../age.js';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isBeingDeleted, isJsonObject, isTrueAt, listAt, nameOf, numberAt, textAt } from '../read-field.js';
import type { TableRowCondition } from '../table.js';

export const podTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Ready', 'string', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'string', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'string',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    AGE_COLUMN,
    wideColumn('IP', 'string', 'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.'),
    wideColumn(
      'Node',
      'string',
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
    ),
    wideColumn(
      'Nominated Node',
      'string',
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.',
    ),
    wideColumn(
      'Readiness Gates',
      'string',
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
    ),
  ],
  cells: (pod, { nowMs }) => {
    const { ready, total, reason, restarts, lastRestartMs } = computePodSummary(pod);
    return [
      nameOf(pod),
      `${ready}/${total}`,
      reason,
      restarts !== 0 && lastRestartMs !== undefined ? `${restarts} (${since(lastRestartMs, nowMs)} ago)` : String(restarts),
      ageOf(pod, nowMs),
      textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP') || '<none>',
      textAt(pod, 'spec', 'nodeName') || '<none>',
      textAt(pod, 'status', 'nominatedNodeName') || '<none>',
      readinessGates(pod),
    ];
  },
  conditions: (pod) => {
    const phase = textAt(pod, 'status', 'phase');
    return Object.hasOwn(COMPLETED, phase) ? [completed(phase, COMPLETED[phase]!)] : undefined;
  },
};

const COMPLETED: Readonly<Record<string, string>> = { Succeeded: 'The pod has completed successfully.', Failed: 'The pod failed.' };
const completed = (reason: string, message: string): TableRowCondition => ({ type: 'Completed', status: 'True', reason, message });

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** The word of the Status column. */
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended before it was started again, ms since 1970. */
  readonly lastRestartMs: number | undefined;
}

/** What the columns Ready, Status and Restarts say of a Pod (printPod of pkg/printers/internalversion/printers.go). */
export const computePodSummary = (pod: unknown): PodSummary => {
  const conditions = listAt(pod, 'status', 'conditions');
  const initContainers = listAt(pod, 'spec', 'initContainers');
  const sidecars = new Set(
    initContainers.filter((container) => textAt(container, 'restartPolicy') === 'Always').map((container) => textAt(container, 'name')),
  );
  const init = walkInitContainers(pod, sidecars, initContainers.length);
  const gated = conditions.some((c) => textAt(c, 'type') === 'PodScheduled' && textAt(c, 'reason') === 'SchedulingGated');
  const own = gated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  const initialized = textAt(
    conditions.find((c) => textAt(c, 'type') === 'Initialized'),
    'status',
  );
  const main = init.reason === undefined || initialized === 'True' ? walkContainers(pod, init.reason ?? own) : undefined;
  const counted = main === undefined ? init.all : addRestarts(init.sidecars, main.restarts);
  return {
    ready: init.ready + (main?.ready ?? 0),
    total: listAt(pod, 'spec', 'containers').length + initContainers.filter((c) => sidecars.has(textAt(c, 'name'))).length,
    reason: endedReason(pod) ?? main?.reason ?? init.reason ?? own,
    restarts: counted.count,
    lastRestartMs: counted.lastMs,
  };
};

/** The word of a Pod that is being deleted, whatever its containers do. */
const endedReason = (pod: unknown): string | undefined => {
  if (!isBeingDeleted(pod)) return undefined;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return Object.hasOwn(COMPLETED, textAt(pod, 'status', 'phase')) ? undefined : 'Terminating';
};

interface Restarts {
  readonly count: number;
  readonly lastMs: number | undefined;
}
const NO_RESTARTS: Restarts = { count: 0, lastMs: undefined };

const addRestarts = (a: Restarts, b: Restarts): Restarts => ({ count: a.count + b.count, lastMs: later(a.lastMs, b.lastMs) });

const later = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || (b !== undefined && b > a) ? b : a);

const restartsOf = (status: unknown): Restarts => ({
  count: numberAt(status, 'restartCount'),
  lastMs: timeAt(status, 'lastState', 'terminated', 'finishedAt'),
});

interface InitWalk {
  /** The word of the container that holds up the others; undefined if none does. */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly all: Restarts;
  readonly sidecars: Restarts;
}

/** Up to the first init container that has neither succeeded nor, as a sidecar, started. */
const walkInitContainers = (pod: unknown, sidecars: ReadonlySet<string>, total: number): InitWalk => {
  let walk: InitWalk = { reason: undefined, ready: 0, all: NO_RESTARTS, sidecars: NO_RESTARTS };
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecars.has(textAt(status, 'name'));
    const restarts = restartsOf(status);
    walk = {
      ...walk,
      all: addRestarts(walk.all, restarts),
      sidecars: isSidecar ? addRestarts(walk.sidecars, restarts) : walk.sidecars,
    };
    const terminated = fieldAt(status, 'state', 'terminated');
    if (isJsonObject(terminated) && numberAt(terminated, 'exitCode') === 0) continue;
    if (isSidecar && isTrueAt(status, 'started')) {
      walk = { ...walk, ready: walk.ready + (isTrueAt(status, 'ready') ? 1 : 0) };
      continue;
    }
    return { ...walk, reason: `Init:${initReason(status, terminated, index, total)}` };
  }
  return walk;
};

const initReason = (status: unknown, terminated: unknown, index: number, total: number): string => {
  if (isJsonObject(terminated)) return terminatedReason(terminated);
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  return waiting !== '' && waiting !== 'PodInitializing' ? waiting : `${index}/${total}`;
};

const terminatedReason = (terminated: unknown): string => {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode')}`;
};

/** From the last container to the first, so that the first one's word wins. */
const walkContainers = (pod: unknown, before: string): { reason: string; ready: number; restarts: Restarts } => {
  let reason = before;
  let failure = '';
  let ready = 0;
  let restarts = NO_RESTARTS;
  for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts = addRestarts(restarts, restartsOf(status));
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = fieldAt(status, 'state', 'terminated');
    if (waiting !== '') {
      reason = waiting;
    } else if (isJsonObject(terminated)) {
      reason = terminatedReason(terminated);
      if (numberAt(terminated, 'exitCode') !== 0) failure = reason;
    } else if (isTrueAt(status, 'ready') && isJsonObject(fieldAt(status, 'state', 'running'))) {
      ready += 1;
    }
  }
  return { reason: reason === 'Completed' ? completedReason(pod, failure, ready > 0) : reason, ready, restarts };
};

const completedReason = (pod: unknown, failure: string, hasRunning: boolean): string => {
  const isReady = listAt(pod, 'status', 'conditions').some((c) => textAt(c, 'type') === 'Ready' && textAt(c, 'status') === 'True');
  if (hasRunning && isReady) return 'Running';
  if (failure !== '') return failure;
  return hasRunning ? 'NotReady' : 'Completed';
};

const readinessGates = (pod: unknown): string => {
  const gates = listAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  const conditions = listAt(pod, 'status', 'conditions');
  const met = gates.filter((gate) => {
    const condition = conditions.find((c) => textAt(c, 'type') === textAt(gate, 'conditionType'));
    return textAt(condition, 'status') === 'True';
  });
  return `${met.length}/${gates.length}`;
};
