import { byteLength, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { CronJob, CronJobSpec } from '../gen/object-types.js';
import { jobSpecWarnings } from '../warnings/job-spec.js';
import { podNameWarnings } from '../warnings/pod-name.js';
import { cronScheduleError } from './cron-schedule.js';
import { validateNotNegative } from './int-or-percent.js';
import { fillJobTemplateParts } from './job.js';
import { validateJobSpec } from './job-spec.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { dropDisabledFields } from './pod-template-fields.js';
import { timeZoneError } from './time-zone.js';

/** A Job's name is the CronJob's and eleven characters more. */
const MAX_NAME_BYTES = 52;

const validateSchedule = ({ schedule = '', timeZone }: CronJobSpec, old: CronJobSpec | undefined, report: Report): void => {
  if (schedule === '') {
    report.required('spec.schedule');
    return;
  }
  const problem = cronScheduleError(schedule);
  if (problem !== undefined) report.invalid('spec.schedule', schedule, problem);
  if (!schedule.includes('TZ')) return;
  if (old?.schedule?.includes('TZ') !== true) {
    report.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  } else if (timeZone !== undefined) {
    report.invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule');
  }
};

const validateTimeZone = (timeZone: string | undefined, report: Report): void => {
  if (timeZone === undefined) return;
  if (timeZone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    report.invalid('spec.timeZone', timeZone, detail);
  }
  const problem = timeZone === '' ? 'timeZone must be nil or non-empty string' : timeZoneError(timeZone);
  if (problem !== undefined) report.invalid('spec.timeZone', timeZone, problem);
};

const CONCURRENCY_POLICIES = ['Allow', 'Forbid', 'Replace'];

const validateSpec = (spec: CronJobSpec, old: CronJobSpec | undefined, report: Report, policy: ObjectPolicy): void => {
  validateSchedule(spec, old, report);
  validateNotNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', report);
  if (old === undefined || old.timeZone !== spec.timeZone) validateTimeZone(spec.timeZone, report);
  const concurrency = spec.concurrencyPolicy ?? '';
  if (concurrency === '') report.required('spec.concurrencyPolicy');
  else if (!CONCURRENCY_POLICIES.includes(concurrency)) report.notSupported('spec.concurrencyPolicy', concurrency, CONCURRENCY_POLICIES);
  const jobSpec = spec.jobTemplate.spec ?? { template: {} };
  validateJobSpec(jobSpec, 'spec.jobTemplate.spec', report, policy);
  if (jobSpec.selector !== undefined) {
    report.invalidStructure('spec.jobTemplate.spec.selector', jobSpec.selector, '`selector` will be auto-generated');
  }
  if (jobSpec.manualSelector === true) {
    report.notSupportedStructure('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']);
  }
  validateNotNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', report);
  validateNotNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', report);
};

export const cronJobRules: KindRules<CronJob> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  fillDefaults: ({ spec }) => {
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate.spec !== undefined) fillJobTemplateParts(spec.jobTemplate.spec);
  },
  prepareCreate: ({ spec }) => dropDisabledFields(spec.jobTemplate.spec?.template ?? {}),
  prepareUpdate: ({ spec }, old) => dropDisabledFields(spec.jobTemplate.spec?.template ?? {}, old.spec.jobTemplate.spec?.template),
  validate: ({ metadata, spec }, report, policy) => {
    validateSpec(spec, undefined, report, policy);
    const name = metadata.name ?? '';
    if (byteLength(name) > MAX_NAME_BYTES) report.invalid('metadata.name', name, `must be no more than ${MAX_NAME_BYTES} characters`);
  },
  validateUpdate: ({ spec }, old, report, policy) => validateSpec(spec, old.spec, report, policy),
  warnings: ({ metadata, spec }, update) => [
    ...(update === undefined ? podNameWarnings(metadata.name ?? '') : []),
    ...(update === undefined || update.counted ? jobSpecWarnings(spec.jobTemplate.spec ?? { template: {} }, 'spec.jobTemplate.spec') : []),
    ...(update !== undefined && spec.schedule.includes('TZ')
      ? [
          'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
        ]
      : []),
  ],
};
