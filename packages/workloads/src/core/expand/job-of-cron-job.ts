import { parseObject } from '@solo-kubelet/object-spec';
import type { NewJob, OwnedJob } from '../cron/cron-job.js';
import { timeOf } from '../pod-state.js';
import { ownerReference } from './child-pod.js';
import type { WorkloadEntry } from './workload-entry.js';
import { namespaceOf, type WorkloadObject } from './workload-object.js';

/** The Job that a CronJob asks for, defaulted and labelled as an API server would have it; undefined if it breaks a rule. */
export const jobOfCronJob = (cronJob: WorkloadEntry, job: NewJob, uid: string): WorkloadObject | undefined => {
  const { name, labels, annotations, spec } = job;
  const document = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: namespaceOf(cronJob.object), labels, annotations },
    spec,
  };
  const text = JSON.stringify(document, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  const result = parseObject(text, { path: name, uid });
  if (!result.ok || result.object.kind !== 'Job') return undefined;
  const { metadata } = result.object;
  return { ...result.object, metadata: { ...metadata, uid, ownerReferences: [ownerReference(cronJob)] } };
};

/** A Job as its CronJob sees it. */
export const ownedJob = ({ object, memory }: WorkloadEntry): OwnedJob => {
  const status = memory.kind === 'Job' ? memory.record.status : undefined;
  const finished = status?.conditions.find(({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True');
  const [startMs, completionMs] = [timeOf(status?.startTime), timeOf(status?.completionTime)];
  return {
    name: object.metadata.name,
    ...(finished && { finished: finished.type as 'Complete' | 'Failed' }),
    ...(startMs !== undefined && { startMs }),
    ...(completionMs !== undefined && { completionMs }),
  };
};
