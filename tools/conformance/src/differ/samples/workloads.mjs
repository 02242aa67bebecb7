import { pod, selector, template } from './pod.mjs';
import { kind } from './sample.mjs';

export const WORKLOADS = [
  kind(
    '',
    'pods',
    'Pod',
    { spec: pod },
    {
      status: {
        phase: 'Running',
        podIP: '10.0.0.9',
        podIPs: [{ ip: '10.0.0.9' }],
        startTime: '2020-01-01T00:00:00Z',
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Initialized', status: 'True' },
        ],
        containerStatuses: [
          {
            name: 'c',
            ready: true,
            restartCount: 2,
            image: 'img:1',
            imageID: 'x',
            state: { running: { startedAt: '2020-01-01T00:00:00Z' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '{{now-90}}' } },
          },
          { name: 'd', ready: false, restartCount: 0, image: 'img:1', imageID: 'x', state: { waiting: { reason: 'CrashLoopBackOff' } } },
        ],
        initContainerStatuses: [
          {
            name: 'i',
            ready: true,
            started: true,
            restartCount: 0,
            image: 'img:2',
            imageID: 'x',
            state: { terminated: { exitCode: 0, signal: 9, reason: 'Completed' } },
          },
        ],
      },
    },
  ),
  kind(
    '',
    'replicationcontrollers',
    'ReplicationController',
    { spec: { replicas: 1, selector: { app: 'x' }, template } },
    { status: { replicas: 1, readyReplicas: 1 } },
  ),
  kind('', 'podtemplates', 'PodTemplate', { template }),
  kind(
    'apps',
    'deployments',
    'Deployment',
    {
      spec: {
        replicas: 2,
        selector,
        template: { ...template, spec: { ...pod, initContainers: [] } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
      },
    },
    {
      status: {
        replicas: 2,
        readyReplicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
        unavailableReplicas: 1,
        conditions: [{ type: 'Available', status: 'True' }],
      },
    },
  ),
  kind('apps', 'replicasets', 'ReplicaSet', { spec: { replicas: 2, selector, template } }, { status: { replicas: 2, readyReplicas: 1 } }),
  kind(
    'apps',
    'statefulsets',
    'StatefulSet',
    {
      spec: {
        replicas: 2,
        serviceName: 's',
        selector,
        template,
        volumeClaimTemplates: [
          { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
        ],
      },
    },
    {
      status: { replicas: 2, readyReplicas: 1, currentReplicas: 1 },
    },
  ),
  kind(
    'apps',
    'daemonsets',
    'DaemonSet',
    { spec: { selector, template, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } } },
    {
      status: { currentNumberScheduled: 1, desiredNumberScheduled: 2, numberMisscheduled: 0, numberReady: 1 },
    },
  ),
  kind('apps', 'controllerrevisions', 'ControllerRevision', { data: { a: 1 }, revision: 3 }),
  kind(
    'batch',
    'jobs',
    'Job',
    {
      spec: {
        completions: 3,
        parallelism: 2,
        backoffLimit: 4,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'img:1' }] } },
      },
    },
    {
      status: { active: 1, succeeded: 1, startTime: '2020-01-01T00:00:00Z' },
    },
  ),
  kind(
    'batch',
    'cronjobs',
    'CronJob',
    {
      spec: {
        schedule: '*/5 * * * *',
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'img:1' }] } } } },
      },
    },
    {
      status: { lastScheduleTime: '2020-01-01T00:00:00Z', active: [{ kind: 'Job', name: 'j' }] },
    },
  ),
  kind(
    'policy',
    'poddisruptionbudgets',
    'PodDisruptionBudget',
    { spec: { minAvailable: 1, selector } },
    { status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } },
  ),
];
