import { describe, expect, it } from 'vitest';
import type { ObservedPod } from '../pod-state.js';
import { isPastRestartLimit, remainingBackoffMs } from './backoff.js';
import { matchFailurePolicy } from './failure-policy.js';
import { failedIndexes, succeededIndexes } from './index-status.js';
import { formatIndexes, parseIndexes } from './indexes.js';
import type { JobSpec } from './job-spec.js';
import { matchSuccessPolicy } from './success-policy.js';

interface Facts {
  readonly phase?: string;
  readonly index?: string;
  readonly failures?: string;
  readonly exitCodes?: Readonly<Record<string, number>>;
  readonly initExitCode?: number;
  readonly condition?: string;
  readonly restarts?: number;
  readonly counted?: boolean;
  readonly deleted?: boolean;
}

const pod = (facts: Facts): ObservedPod =>
  ({
    metadata: {
      name: 'work-1',
      namespace: 'default',
      uid: 'u',
      annotations: {
        ...(facts.index !== undefined && { 'batch.kubernetes.io/job-completion-index': facts.index }),
        ...(facts.failures !== undefined && { 'batch.kubernetes.io/job-index-failure-count': facts.failures }),
      },
      ...(!facts.counted && { finalizers: ['batch.kubernetes.io/job-tracking'] }),
      ...(facts.deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: [] },
    status: {
      phase: facts.phase ?? 'Failed',
      containerStatuses: Object.entries(facts.exitCodes ?? {}).map(([name, exitCode]) => ({
        name,
        restartCount: facts.restarts ?? 0,
        state: { terminated: { exitCode } },
      })),
      initContainerStatuses:
        facts.initExitCode === undefined
          ? []
          : [{ name: 'init', restartCount: 1, state: { terminated: { exitCode: facts.initExitCode } } }],
      conditions: facts.condition ? [{ type: facts.condition, status: 'True' }] : [],
    },
  }) as unknown as ObservedPod;

describe('matchFailurePolicy', () => {
  const policy = {
    rules: [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'Count', onExitCodes: { operator: 'In', values: [3] } },
      { action: 'FailIndex', onExitCodes: { operator: 'In', values: [5], containerName: 'app' } },
      { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [1] } },
    ],
  } as const;

  it.each([
    [
      { condition: 'DisruptionTarget', exitCodes: { app: 42 } },
      { action: 'Ignore', counted: false },
    ],
    [{ exitCodes: { app: 3 } }, { action: 'Count', counted: true }],
    [{ exitCodes: { app: 5 } }, { action: 'FailIndex', counted: true }],
    [{ exitCodes: { app: 0, side: 1 } }, { counted: true }],
    [
      { exitCodes: { side: 5 } },
      {
        action: 'FailJob',
        counted: true,
        message: 'Container side for pod default/work-1 failed with exit code 5 matching FailJob rule at index 3',
      },
    ],
    [
      { exitCodes: { app: 1 }, initExitCode: 137 },
      {
        action: 'FailJob',
        counted: true,
        message: 'Container init for pod default/work-1 failed with exit code 137 matching FailJob rule at index 3',
      },
    ],
  ])('of %j is %j', (facts, expected) => {
    expect(matchFailurePolicy(policy, pod(facts))).toEqual(expected);
  });

  it('tells of the condition that failed the Job', () => {
    const rules = [{ action: 'FailJob', onPodConditions: [{ type: 'ConfigIssue', status: 'True' }] }] as const;
    expect(matchFailurePolicy({ rules }, pod({ condition: 'ConfigIssue' })).message).toBe(
      'Pod default/work-1 has condition ConfigIssue matching FailJob rule at index 0',
    );
  });
});

describe('matchSuccessPolicy', () => {
  it.each([
    [[{ succeededIndexes: '0-2' }], '0-1', undefined],
    [[{ succeededIndexes: '0-2' }], '0-5', 'Matched rules at index 0'],
    [[{ succeededIndexes: '1,3-5', succeededCount: 2 }], '3-4', 'Matched rules at index 0'],
    [[{ succeededIndexes: 'x' }, { succeededCount: 2 }], '2,4', 'Matched rules at index 1'],
    [[{ succeededCount: 0 }], '', undefined],
  ])('%j with %j', (rules, succeeded, message) => {
    expect(matchSuccessPolicy({ rules }, 10, parseIndexes(succeeded, 10))).toBe(message);
  });
});

describe('index status', () => {
  const spec = { completions: 5, completionMode: 'Indexed', backoffLimitPerIndex: 1, template: { spec: {} } } as unknown as JobSpec;
  const status = { completedIndexes: '0', failedIndexes: '1' };
  const completed = (...pods: ObservedPod[]): string => formatIndexes(succeededIndexes({ spec, status }, pods));
  const failed = (...pods: ObservedPod[]): string => formatIndexes(failedIndexes({ spec, status }, pods)!);

  it('adds Pods that succeeded, but those that were counted before, are out of range or have no index', () => {
    expect(completed(pod({ phase: 'Succeeded', index: '2' }), pod({ phase: 'Running', index: '3' }))).toBe('0,2');
    expect(
      completed(
        pod({ phase: 'Succeeded', index: '2', counted: true }),
        pod({ phase: 'Succeeded', index: '7' }),
        pod({ phase: 'Succeeded', index: 'x' }),
        pod({ phase: 'Succeeded' }),
      ),
    ).toBe('0');
  });

  it('adds indexes that failed once too often', () => {
    expect(failed(pod({ index: '2', failures: '0' }), pod({ index: '3', failures: '1' }))).toBe('1,3');
    expect(failed(pod({ phase: 'Running', index: '4', failures: '1', deleted: true }))).toBe('1,4');
    expect(failedIndexes({ spec: { ...spec, backoffLimitPerIndex: undefined } }, [])).toBeUndefined();
  });
});

describe('back-off', () => {
  it.each([
    [0, 0, 0],
    [1, 0, 10_000],
    [2, 5_000, 15_000],
    [7, 0, 600_000],
    [100, 599_999, 1],
    [1, 20_000, 0],
  ])('after %i failures, the last %i ms ago, lasts %i ms more', (failures, sinceMs, remainingMs) => {
    expect(remainingBackoffMs(failures, sinceMs)).toBe(remainingMs);
  });

  it('counts restarts in place of Pods that run or will', () => {
    const spec = (backoffLimit: number, restartPolicy = 'OnFailure'): JobSpec =>
      ({ backoffLimit, template: { spec: { restartPolicy } } }) as unknown as JobSpec;
    const running = pod({ phase: 'Running', exitCodes: { a: 1, b: 1 }, restarts: 1, initExitCode: 0 });
    expect([2, 3, 4].map((limit) => isPastRestartLimit(spec(limit), [running]))).toEqual([true, true, false]);
    expect(isPastRestartLimit(spec(0), [pod({ phase: 'Running' })])).toBe(false);
    expect(isPastRestartLimit(spec(0, 'Never'), [running])).toBe(false);
    expect(isPastRestartLimit(spec(1), [pod({ phase: 'Failed', exitCodes: { a: 1 }, restarts: 9 })])).toBe(false);
  });
});
