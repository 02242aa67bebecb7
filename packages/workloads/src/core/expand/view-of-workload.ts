import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ApiObject, PersistentVolumeClaim, ReplicaSet } from '@solo-kubelet/object-spec';
import { GENERATION_ANNOTATION } from '../daemon-set/daemon-pod.js';
import { REVISION_ANNOTATION } from '../deployment/revision-annotations.js';
import type { HeldTemplate } from '../rollout/safe-rollout.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import { replicaSetsOf } from './replica-sets-of.js';
import { shownStatus } from './shown-status.js';
import type { WorkloadEntry, WorkloadMemory } from './workload-entry.js';
import { namespaceOf, type WorkloadObject } from './workload-object.js';

/** A ControllerRevision, as far as it is needed to look at and to undo. */
export interface ShownRevision {
  readonly name: string;
  readonly revision: number;
  readonly template?: PodTemplate;
  readonly changeCause?: string;
}

/** A workload as the API shows it. */
export interface WorkloadView {
  /** With identity and status. */
  readonly object: ApiObject;
  /** The ReplicaSets of a Deployment. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Templates that it had, the newest last. */
  readonly revisions: readonly ShownRevision[];
  /** Images that a rollout may go back to, also where no Pod runs them now. */
  readonly keptImages: readonly string[];
  /** Claims that it made. */
  readonly claims: readonly PersistentVolumeClaim[];
}

/** On the view of a workload: the revision that its document asks for and that did not come to serve. */
const HELD_REVISION = 'rollback.solo-kubelet.dev/held-revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/**
 * Undefined for one that is only remembered: what was removed, or a Job whose time after its end is over. `uidOfJob` tells of a Job of a CronJob by its
 * name. Default: of none.
 */
export const viewOfWorkload = (
  entry: WorkloadEntry,
  uidOfJob: (name: string) => string | undefined = () => undefined,
): WorkloadView | undefined => {
  const { object, memory, removed, uid, generation, createdMs } = entry;
  if (removed || (memory.kind === 'Job' && memory.expired)) return undefined;
  const current = memory.kind === 'Deployment' ? newest(memory.revisions) : undefined;
  const held = 'rollout' in memory ? memory.rollout?.held : undefined;
  const annotations = {
    ...object.metadata.annotations,
    ...(current && { [REVISION_ANNOTATION]: String(current.revision) }),
    ...(memory.kind === 'DaemonSet' &&
      memory.revisions.length > 0 && { [GENERATION_ANNOTATION]: String(newest(memory.revisions)?.revision) }),
    ...(held && { [HELD_REVISION]: held.revision }),
  };
  const labels = object.metadata.labels ?? (object.kind === 'Job' ? jobLabels(object) : undefined);
  const shown = {
    ...object,
    metadata: {
      ...object.metadata,
      namespace: namespaceOf(object),
      uid,
      generation,
      creationTimestamp: metaTime(createdMs),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(labels && { labels }),
    },
    status: shownStatus(object.kind, withHeld(withJobs(statusOf(memory), namespaceOf(object), uidOfJob), held)),
  } as ApiObject;
  return {
    object: shown,
    replicaSets: replicaSetsOf(entry),
    revisions: revisionsOf(memory),
    keptImages: keptImages(memory),
    claims: entry.claims.map(({ claim }) => claim),
  };
};

/** A Job without labels of its own has those of its template (batch/v1 SetDefaults_Job, when it is read back). */
const jobLabels = ({ spec }: WorkloadObject): Readonly<Record<string, string>> | undefined =>
  (spec as { readonly template?: PodTemplate } | undefined)?.template?.metadata?.labels;

const keptImages = (memory: WorkloadMemory): readonly string[] => {
  const good = 'rollout' in memory ? memory.rollout?.good : undefined;
  if (good === undefined) return [];
  const { initContainers = [], containers } = good.template.spec;
  return [...initContainers, ...containers].flatMap(({ name, image }) => [image, good.images[name]].filter((one) => one !== undefined));
};

/** What is held back shows: the rollout that the document asks for has failed, whatever serves instead. */
const withHeld = (status: object, held: HeldTemplate | undefined): object => {
  if (held === undefined) return status;
  const conditions: readonly { readonly type: string }[] =
    'conditions' in status && Array.isArray(status.conditions) ? status.conditions : [];
  const times = { lastUpdateTime: metaTime(held.sinceMs), lastTransitionTime: metaTime(held.sinceMs) };
  return {
    ...status,
    conditions: [
      ...conditions.filter(({ type }) => type !== 'Progressing'),
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: held.message, ...times },
      {
        type: 'RolledBack',
        status: 'True',
        reason: 'RolloutFailed',
        message: `${held.revision} is held back; what served before it serves`,
        ...times,
      },
    ],
  };
};

/** The Jobs that run, as references to them (cronjob/cronjob_controllerv2.go getRef). */
const withJobs = (status: object, namespace: string, uidOfJob: (name: string) => string | undefined): object => {
  if (!('active' in status) || !Array.isArray(status.active)) return status;
  const active: readonly { readonly name: string }[] = status.active;
  return {
    ...status,
    active: active.map((job) => {
      const uid = uidOfJob(job.name);
      return { ...job, namespace, ...(uid !== undefined && { uid }) };
    }),
  };
};

const newest = <Revision extends { readonly revision: number }>(revisions: readonly Revision[]): Revision | undefined =>
  revisions.toSorted((a, b) => b.revision - a.revision)[0];

/** The status that the controller of a workload's kind last gave. */
export const statusOf = (memory: WorkloadMemory): object => {
  switch (memory.kind) {
    case 'ReplicaSet':
    case 'DaemonSet':
      return memory.status ?? {};
    case 'CronJob': {
      const { active, ...times } = memory.record.status;
      return { active: active.map((name) => ({ apiVersion: 'batch/v1', kind: 'Job', name })), ...times };
    }
    default:
      return memory.record.status ?? {};
  }
};

interface AnyRevision {
  readonly name: string;
  readonly revision: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly template?: PodTemplate;
}

/** As an annotation of the workload is handed down, or as its template has it. */
const causeOf = ({ annotations, template }: AnyRevision): string | undefined =>
  annotations?.[CHANGE_CAUSE] ?? template?.metadata?.annotations?.[CHANGE_CAUSE];

const revisionsOf = (memory: WorkloadMemory): readonly ShownRevision[] => {
  if (memory.kind !== 'Deployment' && memory.kind !== 'StatefulSet' && memory.kind !== 'DaemonSet') return [];
  const revisions: readonly AnyRevision[] = memory.revisions;
  return revisions
    .toSorted((a, b) => a.revision - b.revision)
    .map((each) => {
      const { name, revision, template } = each;
      const changeCause = causeOf(each);
      return { name, revision, ...(template && { template }), ...(changeCause !== undefined && { changeCause }) };
    });
};
