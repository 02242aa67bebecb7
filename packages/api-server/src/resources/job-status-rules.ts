import { parseJobIndexes, parseJobIndexInterval } from '@solo-kubelet/object-spec/rules';
import { isSameJson } from '../registry/same-json.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import type { StatusRules } from './api-resource.js';
import { statusErrors } from './status-rules.js';

interface JobStatus {
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] };
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
}

const statusIn = (job: ObjectDraft | StoredObject): JobStatus => (job.status ?? {}) as JobStatus;

const has = ({ conditions = [] }: JobStatus, type: string, status = 'True'): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === status);

const isFinished = (status: JobStatus): boolean => has(status, 'Complete') || has(status, 'Failed');

const hasChanged = (a: JobStatus, b: JobStatus, type: string): boolean => has(a, type) !== has(b, type);

/** Where both texts name one index; fragments that cannot be read are told elsewhere. */
const overlap = (completed: string, failed: string, completions: number): string | undefined => {
  const intervals = (text: string) =>
    text === ''
      ? []
      : text.split(',').flatMap((part) => {
          const read = parseJobIndexInterval(part, completions);
          return typeof read === 'string' ? [] : [read];
        });
  const [done, lost] = [intervals(completed), intervals(failed)];
  for (let c = 0, f = 0; c < done.length && f < lost.length; ) {
    const [[from, to], [first, last]] = [done[c]!, lost[f]!];
    if (from <= last && first <= to) return `failedIndexes and completedIndexes overlap at index: ${Math.max(from, first)}`;
    if (from <= first) c += 1;
    else f += 1;
  }
  return undefined;
};

/** How the status of a Job may change (ValidateJobStatusUpdate): most rules hold only for what is other than before. */
export const jobStatusRules: StatusRules = {
  errors: statusErrors((draft, oldJob, report) => {
    const [status, old, spec] = [statusIn(draft), statusIn(oldJob), (draft.spec ?? {}) as Values];
    const isIndexed = spec['completionMode'] === 'Indexed';
    const completions = spec['completions'] as number | undefined;
    const conditions = (detail: string): void => report.invalidOmitted('status.conditions', detail);
    const [complete, failed] = [has(status, 'Complete'), has(status, 'Failed')];
    const [met, target] = [has(status, 'SuccessCriteriaMet'), has(status, 'FailureTarget')];
    const finished = isFinished(status);
    const finishedChanged = isFinished(old) !== finished;
    const completeChanged = hasChanged(old, status, 'Complete');
    const failedChanged = hasChanged(old, status, 'Failed');
    const completionTimeChanged = old.completionTime !== status.completionTime;
    const startTimeChanged = old.startTime !== status.startTime;
    const completedChanged = (old.completedIndexes ?? '') !== (status.completedIndexes ?? '');
    const failedIndexesChanged = old.failedIndexes !== status.failedIndexes;
    const activeChanged = (old.active ?? 0) !== (status.active ?? 0);
    for (const name of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const) {
      const value = status[name] ?? 0;
      if (value < 0) report.invalid(`status.${name}`, value, 'must be greater than or equal to 0');
    }
    const seen = new Set<string>();
    for (const name of ['succeeded', 'failed'] as const) {
      for (const [i, uid] of (status.uncountedTerminatedPods?.[name] ?? []).entries()) {
        const field = `status.uncountedTerminatedPods.${name}[${i}]`;
        if (uid === '') report.invalid(field, uid, 'must not be empty');
        else if (seen.has(uid)) report.duplicate(field, uid);
        seen.add(uid);
      }
    }
    if ((completeChanged || failedChanged) && complete && failed) conditions('cannot set Complete=True and Failed=true conditions');
    if ((completeChanged || hasChanged(old, status, 'FailureTarget')) && complete && target) {
      conditions('cannot set Complete=True and FailureTarget=true conditions');
    }
    if (completeChanged || completionTimeChanged) {
      if (status.completionTime !== undefined && !complete) {
        report.invalid(
          'status.completionTime',
          status.completionTime,
          'cannot set completionTime when there is no Complete=True condition',
        );
      }
      if (status.completionTime === undefined && complete) {
        report.required('status.completionTime', 'completionTime is required for Complete jobs');
      }
    }
    if ((startTimeChanged || completionTimeChanged) && status.startTime !== undefined && status.completionTime !== undefined) {
      if (Date.parse(status.completionTime) < Date.parse(status.startTime)) {
        report.invalid('status.completionTime', status.completionTime, 'must be equal to or after `startTime`');
      }
    }
    if ((failedChanged || failedIndexesChanged) && failed && !target) {
      conditions('cannot set Failed=True condition without the FailureTarget=true condition');
    }
    if ((completeChanged || hasChanged(old, status, 'SuccessCriteriaMet')) && complete && !met) {
      conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
    }
    if ((finishedChanged || activeChanged) && (status.active ?? 0) > 0 && finished) {
      report.invalid('status.active', status.active!, 'active>0 is invalid for finished job');
    }
    const isEmptySuspended = spec['suspend'] === true && completions === 0;
    if ((finishedChanged || startTimeChanged) && !isEmptySuspended && status.startTime === undefined && finished) {
      report.required('status.startTime', 'startTime is required for finished job');
    }
    const uncounted = status.uncountedTerminatedPods;
    if ((finishedChanged || !isSameJson(old.uncountedTerminatedPods, uncounted)) && finished) {
      if ((uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length > 0) {
        report.invalidStructure(
          'status.uncountedTerminatedPods',
          { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null },
          'must be empty for finished job',
        );
      }
    }
    if (completedChanged && completions !== undefined) {
      const read = parseJobIndexes(status.completedIndexes ?? '', completions);
      if (typeof read === 'string')
        report.invalid('status.completedIndexes', status.completedIndexes ?? '', `error parsing completedIndexes: ${read}`);
    }
    const perIndex = spec['backoffLimitPerIndex'] !== undefined;
    if (failedIndexesChanged && completions !== undefined && perIndex && status.failedIndexes !== undefined) {
      const read = parseJobIndexes(status.failedIndexes, completions);
      if (typeof read === 'string') report.invalid('status.failedIndexes', status.failedIndexes, `error parsing failedIndexes: ${read}`);
    }
    if (completedChanged && (status.completedIndexes ?? '') !== '' && !isIndexed) {
      const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
      report.invalid('status.completedIndexes', status.completedIndexes!, detail);
    }
    if (failedIndexesChanged && !perIndex && status.failedIndexes !== undefined) {
      const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
      report.invalid('status.failedIndexes', status.failedIndexes, detail);
    }
    if ((failedIndexesChanged || completedChanged) && completions !== undefined && status.failedIndexes !== undefined) {
      const why = overlap(status.completedIndexes ?? '', status.failedIndexes, completions);
      if (why !== undefined) report.invalid('status.failedIndexes', status.failedIndexes, why);
    }
    if ((finishedChanged || old.terminating !== status.terminating) && (status.terminating ?? 0) > 0 && finished) {
      report.invalid('status.terminating', status.terminating!, 'terminating>0 is invalid for finished job');
    }
    if ((old.ready !== status.ready || activeChanged) && status.ready !== undefined && status.ready > (status.active ?? 0)) {
      report.invalid('status.ready', status.ready, 'cannot set more ready pods than active');
    }
    if (met && failed) conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions');
    if (met && target) conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
    if (spec['successPolicy'] !== undefined && !met && complete) {
      conditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
    }
    for (const type of ['Failed', 'Complete', 'FailureTarget']) {
      if (has(old, type) && !has(status, type)) conditions(`cannot disable the terminal ${type}=True condition`);
    }
    if ((status.failed ?? 0) < (old.failed ?? 0)) report.invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter');
    if ((!isIndexed || completions !== spec['parallelism']) && (status.succeeded ?? 0) < (old.succeeded ?? 0)) {
      report.invalid('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter');
    }
    if (status.completionTime !== undefined && old.completionTime !== undefined && completionTimeChanged) {
      report.invalid('status.completionTime', status.completionTime, 'field is immutable');
    }
    const isResuming = has(old, 'Suspended') && has(status, 'Suspended', 'False');
    if (startTimeChanged && !isResuming && old.startTime !== undefined && spec['suspend'] !== true) {
      const detail = 'field is immutable for unsuspended job once set';
      if (status.startTime === undefined) report.invalidStructure('status.startTime', null, detail);
      else report.invalid('status.startTime', status.startTime, detail);
    }
    if (has(old, 'SuccessCriteriaMet') && !met) conditions('cannot disable the SuccessCriteriaMet=True condition');
    if (has(old, 'Complete') && !has(old, 'SuccessCriteriaMet') && met) {
      conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions');
    }
  }),
};
