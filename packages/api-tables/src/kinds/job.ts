import { humanDuration } from '@solo-kubelet/diagnostics/text';
import { ageOf, since, timeAt } from '../age.js';
import { containerCells, selectorAt } from '../cell-text.js';
import { AGE_COLUMN, CONTAINERS_COLUMN, column, IMAGES_COLUMN, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isBeingDeleted, listAt, nameOf, numberAt, optionalNumberAt, optionalTextAt, textAt } from '../read-field.js';

export const jobTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'Status of the job.'),
    column(
      'Completions',
      'string',
      'The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.',
    ),
    column('Duration', 'string', 'Time required to complete the job.'),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    ),
  ],
  cells: (job, { nowMs }) => [
    nameOf(job),
    jobStatus(job),
    completions(job),
    jobDuration(job, nowMs),
    ageOf(job, nowMs),
    ...containerCells(listAt(job, 'spec', 'template', 'spec', 'containers')),
    selectorAt(job, 'spec', 'selector'),
  ],
};

const jobStatus = (job: unknown): string => {
  const has = (type: string): boolean =>
    textAt(
      listAt(job, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type),
      'status',
    ) === 'True';
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (isBeingDeleted(job)) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
};

const completions = (job: unknown): string => {
  const succeeded = numberAt(job, 'status', 'succeeded');
  const wanted = optionalNumberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = numberAt(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
};

const jobDuration = (job: unknown, nowMs: number): string => {
  const startMs = timeAt(job, 'status', 'startTime');
  return startMs === undefined ? '' : humanDuration((timeAt(job, 'status', 'completionTime') ?? nowMs) - startMs);
};

export const cronJobTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Schedule', 'string', 'The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.'),
    column(
      'Timezone',
      'string',
      'The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this will default to the time zone of the kube-controller-manager process. The set of valid time zone names and the time zone offset is loaded from the system-wide time zone database by the API server during CronJob validation and the controller manager during execution. If no system-wide time zone database can be found a bundled version of the database is used instead. If the time zone name becomes invalid during the lifetime of a CronJob or due to a change in host configuration, the controller will stop creating new new Jobs and will create a system event with the reason UnknownTimeZone. More information can be found in https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones',
    ),
    column(
      'Suspend',
      'boolean',
      'This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false.',
    ),
    column('Active', 'integer', 'A list of pointers to currently running jobs.'),
    column('Last Schedule', 'string', 'Information when was the last time the job was successfully scheduled.'),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    ),
  ],
  cells: (cronJob, { nowMs }) => [
    nameOf(cronJob),
    textAt(cronJob, 'spec', 'schedule'),
    optionalTextAt(cronJob, 'spec', 'timeZone') ?? '<none>',
    suspendText(fieldAt(cronJob, 'spec', 'suspend')),
    listAt(cronJob, 'status', 'active').length,
    textAt(cronJob, 'status', 'lastScheduleTime') === '' ? '<none>' : since(timeAt(cronJob, 'status', 'lastScheduleTime'), nowMs),
    ageOf(cronJob, nowMs),
    ...containerCells(listAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers')),
    selectorAt(cronJob, 'spec', 'jobTemplate', 'spec', 'selector'),
  ],
};

const suspendText = (suspend: unknown): string => {
  if (typeof suspend !== 'boolean') return '<unset>';
  return suspend ? 'True' : 'False';
};
