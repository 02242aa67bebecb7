import type { StoredObject } from '@solo-kubelet/api-server';
import {
  type CronJob,
  type CronJobRecord,
  controllerName,
  type Job,
  type JobRecord,
  type JobStatus,
  type OwnedJob,
  reduceCronJob,
  reduceJob,
} from '@solo-kubelet/workloads';
import { type Controller, splitKey } from './controller.js';
import { controlledBy, isControlledBy, keysByOwner } from './owners.js';
import { asPod, carryOut, isWanted, podsOf, setStatus, tell } from './workload-parts.js';

/** Jobs. */
export const jobController = (): Controller => {
  const records = new Map<string, JobRecord>();
  return {
    kinds: ['Job', 'Pod'],
    keysOf: ({ object, key }) => keysByOwner('Job', object, key),
    sync: (key, api) => {
      const { namespace, name } = splitKey(key);
      const job = api.get('Job', namespace, name);
      if (!isWanted(job)) return undefined;
      const uid = job.metadata.uid ?? '';
      const record = records.get(uid) ?? { podsMade: 0, countedUids: [] };
      const decision = reduceJob({ job: job as unknown as Job, pods: podsOf(api, job).map(asPod), record, nowMs: api.now() });
      records.set(uid, decision.record);
      if (decision.expired) {
        api.remove(job);
        return undefined;
      }
      carryOut(api, job, decision);
      setStatus(api, 'Job', job, decision.status);
      return decision.wakeAtMs;
    },
  };
};

const timeOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));

const ownedJob = ({ metadata, status }: StoredObject): OwnedJob => {
  const { conditions = [], startTime, completionTime } = (status ?? {}) as unknown as Partial<JobStatus>;
  const end = conditions.find(({ type, status: state }) => (type === 'Complete' || type === 'Failed') && state === 'True');
  const [startMs, completionMs] = [timeOf(startTime), timeOf(completionTime)];
  return {
    name: metadata.name!,
    ...(end && { finished: end.type as 'Complete' | 'Failed' }),
    ...(startMs !== undefined && { startMs }),
    ...(completionMs !== undefined && { completionMs }),
  };
};

/** CronJobs. */
export const cronJobController = (): Controller => {
  const records = new Map<string, CronJobRecord>();
  return {
    kinds: ['CronJob', 'Job'],
    keysOf: ({ object, key }) => keysByOwner('CronJob', object, key),
    sync: (key, api) => {
      const { namespace, name } = splitKey(key);
      const cronJob = api.get('CronJob', namespace, name);
      if (!isWanted(cronJob)) return undefined;
      const uid = cronJob.metadata.uid ?? '';
      const own = api.list('Job', namespace).filter((job) => isControlledBy(job, cronJob));
      const createdMs = Date.parse(cronJob.metadata.creationTimestamp ?? '') || 0;
      const decision = reduceCronJob({
        cronJob: { metadata: { name, createdMs }, spec: cronJob.spec } as unknown as CronJob,
        jobs: own.map(ownedJob),
        record: records.get(uid) ?? { status: { active: [] }, told: [] },
        nowMs: api.now(),
      });
      records.set(uid, decision.record);
      for (const job of decision.create) {
        if (api.get('Job', namespace, job.name) !== undefined) continue;
        const { labels, annotations } = job;
        const metadata = { name: job.name, namespace, labels, annotations, ownerReferences: controlledBy(cronJob) };
        api.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: job.spec });
      }
      for (const job of own) if (decision.delete.includes(job.metadata.name!)) api.remove(job);
      tell(api, cronJob, controllerName('CronJob'), decision.events);
      const { active, ...times } = decision.status;
      const references = active.flatMap((each) => {
        const job = api.get('Job', namespace, each);
        return job === undefined ? [] : [{ apiVersion: 'batch/v1', kind: 'Job', namespace, name: each, uid: job.metadata.uid }];
      });
      setStatus(api, 'CronJob', cronJob, { ...(references.length > 0 && { active: references }), ...times });
      return decision.wakeAtMs;
    },
  };
};
