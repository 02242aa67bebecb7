import type { NodeCondition, NodeObject } from './node-patch.js';

/** What of a Node is worth an event. */
export interface NodeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** A kubelet that has just come up. */
export const STARTING_EVENT: NodeEvent = { type: 'Normal', reason: 'Starting', message: 'Starting kubelet.' };

/** Reasons while a condition is there, and while it is not. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

/**
 * The events of a Node that is told anew: conditions that are others than the server held, and a boot since then. A Node that was only now made has had
 * none. Upstream: pkg/kubelet/nodestatus/setters.go, kubelet_node_status.go.
 */
export const nodeEvents = (held: NodeObject | undefined, told: NodeObject): readonly NodeEvent[] => {
  const { name } = told.metadata;
  const before = new Map((held?.status?.conditions ?? []).map((condition) => [condition.type, condition.status]));
  const moved = (condition: NodeCondition): readonly NodeEvent[] => {
    const reasons = REASONS[condition.type];
    // Readiness that nobody has told of yet is no news while there is none.
    const isNews =
      condition.type === 'Ready' && !before.has('Ready') ? condition.status === 'True' : before.get(condition.type) !== condition.status;
    if (reasons === undefined || !isNews) return [];
    return [statusEvent(name, reasons[condition.status === 'True' ? 0 : 1])];
  };
  const [bootBefore, boot] = [bootId(held), bootId(told)];
  const rebooted: NodeEvent[] =
    bootBefore === '' || boot === '' || bootBefore === boot
      ? []
      : [{ type: 'Warning', reason: 'Rebooted', message: `Node ${name} has been rebooted, boot id: ${boot}` }];
  return [...rebooted, ...(told.status?.conditions ?? []).flatMap(moved)];
};

/** The event of a Node that is cordoned, or no more. */
export const schedulableEvent = (name: string, unschedulable: boolean): NodeEvent =>
  statusEvent(name, unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');

const statusEvent = (name: string, reason: string): NodeEvent => ({
  type: 'Normal',
  reason,
  message: `Node ${name} status is now: ${reason}`,
});

const bootId = (node: NodeObject | undefined): string => (node?.status?.['nodeInfo'] as { bootID?: string } | undefined)?.bootID ?? '';
