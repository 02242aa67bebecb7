import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { CronJob } from '../cron/cron-job.js';
import { cronJobRun } from '../cron/reduce-cron-job.js';
import type { Job } from '../job/job.js';
import { jobPod } from '../job/make-pods.js';
import { isMadeAs, type OrphanPod } from './adopt-pods.js';
import { madePod } from './child-pod.js';
import { jobOfCronJob } from './job-of-cron-job.js';
import { takeObject } from './take-object.js';
import type { ChildPod, WorkloadEntry } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

const INDEX = 'batch.kubernetes.io/job-completion-index';
const JOB_NAME = 'batch.kubernetes.io/job-name';
const JOB_UID = 'batch.kubernetes.io/controller-uid';

interface AdoptionFacts {
  readonly node: { readonly name: string };
  readonly nowMs: number;
}

/** A Job with every Pod that it made and that is there still, those that have ended among them: what is done is not done again. */
export const adoptPodsOfJob = (entry: WorkloadEntry, orphans: readonly OrphanPod[], { node, nowMs }: AdoptionFacts): WorkloadEntry => {
  const { object, memory } = entry;
  if (object.kind !== 'Job' || memory.kind !== 'Job') return entry;
  const namespace = namespaceOf(object);
  const job = { metadata: { name: object.metadata.name, namespace, uid: entry.uid }, spec: object.spec } as unknown as Job;
  let { made } = entry;
  const children = orphans.flatMap((orphan): readonly ChildPod[] => {
    if (orphan.namespace !== namespace || orphan.labels[JOB_UID] !== entry.uid) return [];
    const index = orphan.labels[INDEX];
    const wanted = jobPod(job, { number: made, ...(index !== undefined && { index: Number(index) }) });
    if (!isMadeAs(orphan, wanted)) return [];
    made += 1;
    const named = { ...wanted, metadata: { ...wanted.metadata, name: orphan.name } };
    return [{ number: made, life: entry.life, pod: madePod(entry, named, { uid: orphan.uid, nodeName: node.name, nowMs }) }];
  });
  if (children.length === 0) return entry;
  return { ...entry, children, made, memory: { ...memory, record: { ...memory.record, podsMade: made } } };
};

export interface AdoptedRuns {
  readonly cronJob: WorkloadEntry;
  readonly jobs: readonly WorkloadEntry[];
}

/** A CronJob with the runs of which Pods are there still, and so with the time of its last start. `key`: of the CronJob. */
export const adoptRuns = (entry: WorkloadEntry, key: string, orphans: readonly OrphanPod[], facts: AdoptionFacts): AdoptedRuns => {
  const { object, memory } = entry;
  if (object.kind !== 'CronJob' || memory.kind !== 'CronJob') return { cronJob: entry, jobs: [] };
  const cronJob = { metadata: { name: object.metadata.name, createdMs: entry.createdMs }, spec: object.spec } as unknown as CronJob;
  const uids = new Map(orphans.flatMap(({ labels }) => (labels[JOB_NAME] && labels[JOB_UID] ? [[labels[JOB_NAME], labels[JOB_UID]]] : [])));
  const found = [...uids].flatMap(([name, uid]) => {
    const minutes = name.startsWith(`${object.metadata.name}-`) ? name.slice(object.metadata.name.length + 1) : '';
    if (!/^\d{1,12}$/.test(minutes)) return [];
    const scheduledMs = Number(minutes) * 60_000;
    const job = jobOfCronJob(entry, cronJobRun(cronJob, scheduledMs), uid);
    if (job === undefined) return [];
    const fresh = takeObject(undefined, job, { nowMs: facts.nowMs, newUid: () => uid, owner: key });
    const adopted = adoptPodsOfJob(fresh, orphans, facts);
    return adopted === fresh ? [] : [{ adopted, scheduledMs }];
  });
  if (found.length === 0) return { cronJob: entry, jobs: [] };
  const status = {
    ...memory.record.status,
    active: found.map(({ adopted }) => adopted.object.metadata.name),
    lastScheduleTime: metaTime(Math.max(...found.map(({ scheduledMs }) => scheduledMs))),
  };
  return {
    cronJob: { ...entry, memory: { ...memory, record: { ...memory.record, status } } },
    jobs: found.map(({ adopted }) => adopted),
  };
};
