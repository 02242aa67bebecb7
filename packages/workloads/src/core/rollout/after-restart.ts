import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { WorkloadEntry } from '../expand/workload-entry.js';

/** Outcomes of a rollout that is over. */
const OVER: ReadonlySet<string> = new Set(['NewReplicaSetAvailable', 'ProgressDeadlineExceeded']);

/** A rollout that goes on has its whole time once more: while this process was away nothing could come to serve, or be seen to. */
export const afterRestart = (entry: WorkloadEntry, nowMs: number): WorkloadEntry => {
  const { memory } = entry;
  if (memory.kind === 'DaemonSet' && memory.rollout?.since !== undefined) {
    return { ...entry, memory: { ...memory, rollout: { ...memory.rollout, since: { ...memory.rollout.since, ms: nowMs } } } };
  }
  if (memory.kind !== 'Deployment' || memory.record.status === undefined) return entry;
  const { status } = memory.record;
  const isOpen = status.conditions.some(({ type, reason }) => type === 'Progressing' && !OVER.has(reason));
  if (!isOpen) return entry;
  const conditions = status.conditions.map((one) => (one.type === 'Progressing' ? { ...one, lastUpdateTime: metaTime(nowMs) } : one));
  return { ...entry, memory: { ...memory, record: { ...memory.record, status: { ...status, conditions } } } };
};
