import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { fieldsOf, type Tell } from '@solo-kubelet/manifest-source/settings';
import { isTimeZone } from '@solo-kubelet/object-spec';
import type { YAMLMap } from 'yaml';
import type { MaintenanceWindow, SourceRollout } from '../core/rollout/rollout-policy.js';
import { readWindowSchedule } from '../rollout/maintenance-window.js';
import { readTrialTime, TRIAL_TIME } from '../rollout/read-published-rollout.js';

const MAX_WINDOWS = 64;
const MIN_WINDOW_MS = 60_000;
const MAX_WINDOW_MS = 7 * 86_400_000;

/** `spec.rollout` of a source. What is wrong with it is told, and left out. */
export const readSourceRollout = (map: YAMLMap, tell: Tell): SourceRollout => {
  const fields = fieldsOf(map, 'spec.rollout', tell);
  const windows = fields.maps('windows');
  const progressDeadlineMs = fields.read('progressDeadline', TRIAL_TIME, readTrialTime);
  const minReadyMs = fields.read('minReady', TRIAL_TIME, readTrialTime);
  fields.end();
  if (windows !== undefined && windows.length > MAX_WINDOWS) fields.wrong('windows', `at most ${MAX_WINDOWS}`);
  // None at all would be a source that never takes anything new.
  if (windows?.length === 0) fields.wrong('windows', 'want at least one window; leave the field out for any time');
  return {
    windows: (windows ?? []).flatMap((window, at) => readWindow(window, `spec.rollout.windows[${at}]`, tell)),
    ...(progressDeadlineMs !== undefined && { progressDeadlineMs }),
    ...(minReadyMs !== undefined && { minReadyMs }),
  };
};

const readWindow = (map: YAMLMap, at: string, tell: Tell): readonly MaintenanceWindow[] => {
  const fields = fieldsOf(map, at, tell);
  const schedule = fields.text('schedule', 'the times at which it begins, such as "0 2 * * 1-5"');
  const timeZone = fields.read('timeZone', 'a time zone such as Europe/Berlin', (text) => (isTimeZone(text) ? text : undefined));
  const durationMs = fields.read('duration', 'a duration from 1m to 168h, such as 3h', readWindowTime);
  fields.end();
  if (schedule === undefined) fields.missing('schedule', 'it is missing or can not be used');
  if (durationMs === undefined) fields.missing('duration', 'it is missing or can not be used');
  if (schedule === undefined || durationMs === undefined) return [];
  const window = { schedule, durationMs, ...(timeZone !== undefined && { timeZone }) };
  const read = readWindowSchedule(window);
  if (read.ok) return [window];
  fields.wrong('schedule', read.error);
  return [];
};

const readWindowTime = (text: string): number | undefined => {
  const ms = parseGoDuration(text);
  return ms !== undefined && ms >= MIN_WINDOW_MS && ms <= MAX_WINDOW_MS ? ms : undefined;
};
