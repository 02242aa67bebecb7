import { ownedJob } from '../../core/expand/job-of-cron-job.js';
import type { SeenPod, WorkloadFacts } from '../../core/expand/sync-workload.js';
import { asksTheSame } from '../../core/expand/take-object.js';
import { statusOf } from '../../core/expand/view-of-workload.js';
import { holds, WAIT_FOR, type WaitTerm } from '../../core/wait/wait-for.js';
import { currentConfig } from '../current-config.js';
import type { PodGuards } from '../guard-pods.js';
import type { WantedObjects } from '../wanted-objects.js';
import type { WorkloadsOptions } from '../workload-output.js';
import type { EntryTable } from './entry-table.js';

/** What stands before `namespace/name` in the keys of workloads, by kind. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ['deployment', 'Deployment.apps'],
  ['replicaset', 'ReplicaSet.apps'],
  ['statefulset', 'StatefulSet.apps'],
  ['daemonset', 'DaemonSet.apps'],
  ['job', 'Job.batch'],
]);

export interface FactsOptions extends Pick<WorkloadsOptions, 'node' | 'newUid' | 'wallNow'> {
  readonly table: EntryTable;
  readonly wanted: WantedObjects;
  readonly guards: () => Pick<PodGuards, 'uidOf' | 'waitOf'>;
  readonly pods: () => ReadonlyMap<string, SeenPod>;
  /** Whether everything has been read and the runtime has been listed; before that nothing holds that is waited for. */
  readonly isReady: () => boolean;
}

export interface Facts extends Pick<WorkloadFacts, 'config' | 'waits'> {
  /** What the workload of this key is decided by, now. */
  of(key: string): WorkloadFacts;
}

export const createFacts = ({ table, wanted, guards, pods, isReady, node, newUid, wallNow }: FactsOptions): Facts => {
  const namedWorkload = (namespace: string, what: string) => {
    const [kind = '', name = ''] = what.split('/');
    const key = `${KEYS.get(kind)}/${namespace}/${name}`;
    const object = wanted.workload(key);
    return object && { key, object };
  };
  const podStatus = (namespace: string, name: string): object | undefined => {
    const uid =
      wanted.pod(`${namespace}/${name}`) ?? wanted.pod(`${namespace}/${name}-${node.name}`) ?? table.uidOfPod(namespace, name) ?? '';
    return pods().get(guards().uidOf(uid))?.status;
  };
  /** The status that a condition is looked for in; none for what is not as its document asks for it yet. */
  const statusFor = (namespace: string, { kind, name, condition }: WaitTerm): [object | undefined, string, number?] => {
    if (kind === 'pod') return [podStatus(namespace, name), condition];
    const found = namedWorkload(namespace, `${kind}/${name}`);
    const entry = found && table.get(found.key);
    if (found === undefined || entry === undefined || entry.removed || !asksTheSame(entry.object, found.object))
      return [undefined, condition];
    const { spec } = entry.object;
    return [statusOf(entry.memory), condition, spec !== undefined && 'replicas' in spec ? Number(spec.replicas ?? 1) : 1];
  };
  const config: WorkloadFacts['config'] = (kind, namespace, name) => {
    const object = wanted.config(kind, `${namespace}/${name}`);
    return object && currentConfig(object);
  };
  const waits: WorkloadFacts['waits'] = {
    holds: (namespace, term) => isReady() && holds(term.kind, ...statusFor(namespace, term)),
    waitOf: (namespace, what) =>
      namedWorkload(namespace, what)?.object.metadata.annotations?.[WAIT_FOR] ?? guards().waitOf(namespace, what),
  };
  return {
    config,
    waits,
    of: (key) => ({
      pods: pods(),
      jobs: [...table.jobsOf(key)].flatMap((job) => {
        const entry = table.get(job);
        return entry === undefined || entry.removed ? [] : [ownedJob(entry)];
      }),
      node,
      isTaken: (namespace, name) => {
        const owner = table.ownerOfName(`${namespace}/${name}`);
        return wanted.hasPod(`${namespace}/${name}`) || (owner !== undefined && owner !== key);
      },
      hasClaim: (namespace, name) => wanted.claim(`${namespace}/${name}`) !== undefined,
      isExclusiveClaim: (namespace, name) => {
        const modes = wanted.claim(`${namespace}/${name}`)?.spec?.accessModes;
        return modes?.length === 1 && modes[0] === 'ReadWriteOncePod';
      },
      config,
      waits,
      nowMs: wallNow(),
      newUid,
    }),
  };
};
