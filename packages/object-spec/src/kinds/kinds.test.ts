import { describe, expect, it } from 'vitest';
import { parseObject, parseObjectUpdate } from '../parse/parse-object.js';
import { cronScheduleError } from './cron-schedule.js';
import { goDurationError } from './go-duration.js';
import { parseJobIndexes } from './job-indexes.js';
import { timeZoneError } from './time-zone.js';

const VERSIONS: Readonly<Record<string, string>> = {
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Deployment: 'apps/v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  RuntimeClass: 'node.k8s.io/v1',
  StorageClass: 'storage.k8s.io/v1',
};

const textOf = (kind: string, body: object): string =>
  JSON.stringify({ apiVersion: VERSIONS[kind] ?? 'v1', kind, metadata: { name: 'a' }, ...body });
const parse = (kind: string, body: object) => parseObject(textOf(kind, body), { path: 'a' });
const messages = (kind: string, body: object): readonly string[] => {
  const result = parse(kind, body);
  return result.ok ? [] : result.issues.map(({ message }) => message);
};
const changeMessages = (kind: string, old: object, body: object): readonly string[] => {
  const before = parse(kind, old);
  if (!before.ok) throw new Error(before.message || before.issues[0]?.message);
  const result = parseObjectUpdate(before.object, textOf(kind, body), { path: 'a' });
  return result.ok ? [] : result.issues.map(({ message }) => message);
};

const pod = (spec: object = {}) => ({ containers: [{ name: 'c', image: 'i:1' }], ...spec });
const template = (spec: object = {}) => ({ metadata: { labels: { a: 'b' } }, spec: pod(spec) });
const selector = { matchLabels: { a: 'b' } };
const workload = (spec: object = {}) => ({ spec: { selector, template: template(), ...spec } });
const job = (spec: object = {}) => ({ spec: { template: { spec: pod({ restartPolicy: 'Never' }) }, ...spec } });
const cron = (spec: object = {}) => ({ spec: { schedule: '@daily', jobTemplate: job(), ...spec } });
const claim = (spec: object = {}) => ({ spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } });
const volume = (spec: object = {}) => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' }, ...spec },
});

describe('what is refused', () => {
  it.each<[string, object, string]>([
    ['ReplicaSet', workload({ replicas: -1 }), 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      'Deployment',
      workload({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'StatefulSet',
      workload({ template: template({ restartPolicy: 'Never' }) }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'DaemonSet',
      workload({ updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }),
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
    ['Job', job({ template: { spec: pod() } }), 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ['Job', job({ completionMode: 'Indexed', parallelism: 2 }), 'spec.completions: Required value: when completion mode is Indexed'],
    [
      'Job',
      job({ podFailurePolicy: { rules: [{ action: 'FailIndex' }] } }),
      'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
    ],
    ['CronJob', cron({ timeZone: 'europe/berlin' }), 'spec.timeZone: Invalid value: "europe/berlin": unknown time zone europe/berlin'],
    [
      'CronJob',
      cron({ jobTemplate: job({ manualSelector: true }) }),
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
    ['PersistentVolumeClaim', claim({ resources: {} }), 'spec.resources[storage]: Required value'],
    ['PersistentVolume', volume({ hostPath: undefined }), 'spec: Required value: must specify a volume type'],
    ['PersistentVolume', volume({ nfs: { server: 's', path: '/' } }), 'spec.nfs: Forbidden: may not specify more than 1 volume type'],
    [
      'PersistentVolume',
      volume({ hostPath: undefined, local: { path: '/x' } }),
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ],
    [
      'Namespace',
      { spec: { finalizers: ['x'] } },
      'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }] } },
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ],
    ['PriorityClass', { value: 1_000_000_001 }, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ['RuntimeClass', { handler: 'a.b' }, 'handler: Invalid value: "a.b": must not contain dots'],
    [
      'StorageClass',
      { provisioner: 'x', volumeBindingMode: 'Late' },
      'volumeBindingMode: Unsupported value: "Late": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
  ])('of a %s (%#)', (kind, body, message) => {
    expect(messages(kind, body)).toContain(message);
  });
});

describe('what must not change', () => {
  it.each<[string, object, object, string]>([
    ['ReplicaSet', workload(), workload({ selector: { matchLabels: { a: 'b', c: 'd' } } }), 'spec.selector: Invalid value'],
    [
      'StatefulSet',
      workload(),
      workload({ serviceName: 'x' }),
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'",
    ],
    ['Job', job(), job({ completions: 2 }), 'spec.completions: Invalid value: 2: field is immutable'],
    ['PersistentVolumeClaim', claim(), claim({ accessModes: ['ReadWriteMany'] }), 'spec: Forbidden: spec is immutable after creation'],
    [
      'PersistentVolume',
      volume(),
      volume({ hostPath: { path: '/y' } }),
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable',
    ],
    ['PriorityClass', { value: 1 }, { value: 2 }, 'value: Forbidden: may not be changed in an update.'],
    ['RuntimeClass', { handler: 'a' }, { handler: 'b' }, 'handler: Invalid value: "b": field is immutable'],
    ['StorageClass', { provisioner: 'x' }, { provisioner: 'y' }, 'provisioner: Invalid value: "y": field is immutable'],
  ])('of a %s', (kind, old, body, message) => {
    expect(changeMessages(kind, old, old)).toEqual([]);
    expect(changeMessages(kind, old, body)).toContainEqual(expect.stringContaining(message));
  });

  it('lets a suspended Job have other resources and nodes, but no other image', () => {
    const suspended = (container: object, spec: object = {}) =>
      job({
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1', ...container }], ...spec } },
      });
    expect(changeMessages('Job', suspended({}), suspended({ resources: { requests: { cpu: '1' } } }))).toEqual([]);
    expect(
      changeMessages('Job', suspended({}), suspended({}, { nodeSelector: { disk: 'ssd' }, schedulingGates: [{ name: 'a/b' }] })),
    ).toEqual([]);
    expect(changeMessages('Job', suspended({}), suspended({ image: 'i:2' }))).toEqual([
      expect.stringMatching(/^spec\.template\.spec: Invalid value: .*: field is immutable$/),
    ]);
  });
});

describe('what is filled in', () => {
  it.each<[string, object, object]>([
    [
      'StatefulSet',
      workload({ volumeClaimTemplates: [{ metadata: { name: 'd' }, ...claim() }] }),
      { spec: { volumeClaimTemplates: [{ kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } }] } },
    ],
    ['DaemonSet', workload(), { metadata: { annotations: { 'deprecated.daemonset.template.generation': '1' } } }],
    ['CronJob', cron(), { spec: { concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 } }],
    ['Namespace', {}, { metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } }, spec: { finalizers: ['kubernetes'] } }],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
      { spec: { limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2' } }] } },
    ],
    ['PersistentVolume', volume(), { spec: { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain', hostPath: { type: '' } } }],
    ['ServiceAccount', { secrets: [{ name: 's', namespace: 'n' }] }, { secrets: [{ name: 's' }] }],
    ['StorageClass', { provisioner: 'x' }, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
  ])('in a %s', (kind, body, filled) => {
    expect(parse(kind, body)).toMatchObject({ ok: true, object: filled });
  });

  it('makes a selector for a Job, and keeps it when the Job is written anew', () => {
    const before = parseObject(textOf('Job', job()), { path: 'a', uid: 'u-1' });
    const made = { spec: { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } } } };
    expect(before).toMatchObject({ ok: true, object: made });
    const after = before.ok && parseObjectUpdate(before.object, textOf('Job', job({ completions: 1, parallelism: 2 })), { path: 'a' });
    expect(after).toMatchObject({ ok: true, object: { ...made, metadata: { generation: 2 } } });
  });
});

describe('cronScheduleError', () => {
  it.each([
    ['*/90 1,,2 ? jan-mar mon', undefined],
    ['@every 1h30m', undefined],
    ['59 23 31 2 *', undefined],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['* *', 'expected exactly 5 fields, found 2: [* *]'],
    ['@reboot', 'unrecognized descriptor: @reboot'],
    ['@every 1x', 'failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"'],
  ])('%s', (schedule, problem) => expect(cronScheduleError(schedule)).toBe(problem));
});

describe('timeZoneError', () => {
  it.each([
    ['Europe/Berlin', undefined],
    ['GMT+1', 'unknown time zone GMT+1'],
    ['Europe', 'is a directory'],
    ['Europe/Berlin/x', 'not a directory'],
  ])('%s', (name, problem) => expect(timeZoneError(name)).toBe(problem));
});

it('reads durations as Go does', () => {
  expect([goDurationError('1.5h'), goDurationError('0'), goDurationError('5')]).toEqual([
    undefined,
    undefined,
    'time: missing unit in duration "5"',
  ]);
});

it('counts the indexes of a Job', () => {
  expect([parseJobIndexes('0,2-4', 5), parseJobIndexes('3-1', 5), parseJobIndexes('0,7', 5)]).toEqual([
    4,
    'non-increasing order, previous: 3, current: 1',
    'too large index: "7"',
  ]);
});
