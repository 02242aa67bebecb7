import { metaTime } from '@solo-kubelet/diagnostics/text';
import { validateObjectUpdate } from '@solo-kubelet/object-spec';
import { isSameJson } from '../same-json.js';
import { emptyMemory, type WorkloadEntry, type WorkloadMemory } from './workload-entry.js';
import type { WorkloadObject } from './workload-object.js';

export interface TakenAt {
  readonly nowMs: number;
  /** An identity for a workload that is new. */
  readonly newUid: () => string;
  readonly owner?: string;
}

/** What is kept of a workload once its document says something else, or is there again. */
export const takeObject = (entry: WorkloadEntry | undefined, object: WorkloadObject, { nowMs, newUid, owner }: TakenAt): WorkloadEntry => {
  const same = entry !== undefined && asksTheSame(entry.object, object);
  if (entry === undefined || entry.removed || (!same && isReplaced(entry, object))) {
    return {
      object,
      uid: object.metadata.uid ?? newUid(),
      generation: 1,
      createdMs: nowMs,
      life: (entry?.life ?? 0) + 1,
      ...(owner !== undefined && { owner }),
      made: entry?.made ?? 0,
      memory: freshMemory(object.kind, entry?.made ?? 0),
      children: (entry?.children ?? []).map((child) => ({ ...child, endingSince: child.endingSince ?? metaTime(nowMs) })),
      claims: entry?.claims ?? [],
    };
  }
  if (same) return entry;
  return { ...entry, object, generation: entry.generation + (isCounted(entry.object, object) ? 1 : 0) };
};

/** Whether two documents of a workload ask for the same. */
export const asksTheSame = (a: WorkloadObject, b: WorkloadObject): boolean => a === b || isSameJson(asWritten(a), asWritten(b));

/** Names are made from running numbers, which go on over the lives of a workload. */
const freshMemory = (kind: WorkloadObject['kind'], made: number): WorkloadMemory => {
  const memory = emptyMemory(kind);
  switch (memory.kind) {
    case 'Deployment':
    case 'DaemonSet':
      return { ...memory, record: { podsMade: made } };
    case 'ReplicaSet':
      return { ...memory, record: { podsMade: made } };
    case 'Job':
      return { ...memory, record: { ...memory.record, podsMade: made } };
    default:
      return memory;
  }
};

const asWritten = ({ metadata: { labels, annotations }, spec }: WorkloadObject): unknown => ({ labels, annotations, spec });

/** As upstream's strategies count: the spec, and for a Deployment its annotations. */
const isCounted = (before: WorkloadObject, after: WorkloadObject): boolean =>
  !isSameJson(before.spec, after.spec) ||
  (before.kind === 'Deployment' && !isSameJson(before.metadata.annotations ?? {}, after.metadata.annotations ?? {}));

/** An API server would refuse the change of a Job; whoever writes files has no other way, so that it is another Job from then on (decision 261). */
const isReplaced = ({ object }: WorkloadEntry, next: WorkloadObject): boolean =>
  object.kind === 'Job' && next.kind === 'Job' && !validateObjectUpdate(object, next).ok;
