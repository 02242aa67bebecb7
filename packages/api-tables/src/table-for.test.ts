import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableColumns, tableFor } from './table-for.js';

const now = Date.parse('2026-05-01T12:00:00Z');
const metadata = { name: 'x', creationTimestamp: '2026-05-01T11:50:00Z' };
const cellsOf = (group: string, kind: string, object: object): readonly unknown[] =>
  tableFor({ group, kind }, [{ metadata, ...object }], { now }).rows[0]!.cells;

describe('cells', () => {
  it.each<[string, string, object, readonly unknown[]]>([
    [
      'apps',
      'Deployment',
      {
        spec: {
          replicas: 3,
          selector: { matchLabels: { b: '1', a: '2' } },
          template: {
            spec: {
              containers: [
                { name: 'c', image: 'i' },
                { name: 'd', image: 'j' },
              ],
            },
          },
        },
        status: { readyReplicas: 1, updatedReplicas: 2 },
      },
      ['x', '1/3', 2, 0, '10m', 'c,d', 'i,j', 'a=2,b=1'],
    ],
    ['apps', 'ReplicaSet', { spec: { replicas: 3 } }, ['x', 3, 0, 0, '10m', '', '', '<none>']],
    [
      'apps',
      'ControllerRevision',
      {
        revision: 4,
        metadata: { ...metadata, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'w', controller: true }] },
      },
      ['x', 'statefulset.apps/w', 4, '10m'],
    ],
    [
      'batch',
      'Job',
      { spec: { parallelism: 3 }, status: { startTime: '2026-05-01T11:58:00Z', succeeded: 1 } },
      ['x', 'Running', '1/1 of 3', '2m', '10m', '', '', '<none>'],
    ],
    [
      'batch',
      'CronJob',
      { spec: { schedule: '* * * * *', suspend: false }, status: { active: [{}] } },
      ['x', '* * * * *', '<none>', 'False', 1, '<none>', '10m', '', '', '<none>'],
    ],
    [
      '',
      'Service',
      {
        spec: {
          type: 'LoadBalancer',
          clusterIPs: ['10.96.0.1'],
          externalIPs: ['192.0.2.9'],
          ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }],
        },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.8' }, { hostname: 'a.example' }] } },
      },
      ['x', 'LoadBalancer', '10.96.0.1', '192.0.2.8,a.example,192.0.2.9', '80:30080/TCP', '10m', '<none>'],
    ],
    [
      '',
      'Endpoints',
      { subsets: [{ addresses: [{ ip: 'fd00::1' }, { ip: '10.0.0.1' }], ports: [{ port: 1 }, { port: 2 }] }] },
      ['x', '[fd00::1]:1,10.0.0.1:1,[fd00::1]:2 + 1 more...', '10m'],
    ],
    ['', 'ComponentStatus', { conditions: [{ type: 'Healthy', status: 'False', message: 'refused' }] }, ['x', 'Unhealthy', 'refused', '']],
    [
      'discovery.k8s.io',
      'EndpointSlice',
      { addressType: 'IPv4', ports: [{ port: null }, { name: 'web' }], endpoints: null },
      ['x', 'IPv4', '*,web', '<unset>', '10m'],
    ],
    [
      'networking.k8s.io',
      'Ingress',
      { spec: { rules: [{ host: 'a' }, { host: 'b' }, { host: 'c' }, {}], tls: [{}] } },
      ['x', '<none>', 'a,b,c + 1 more...', '', '80, 443', '10m'],
    ],
    [
      '',
      'PersistentVolumeClaim',
      { spec: { volumeName: 'v' }, status: { phase: 'Bound', accessModes: ['ReadWriteMany', 'ReadWriteOnce'] } },
      ['x', 'Bound', 'v', '0', 'RWO,RWX', '', '<unset>', '10m', '<unset>'],
    ],
    [
      '',
      'ResourceQuota',
      { status: { hard: { 'limits.cpu': '2', pods: '10', 'requests.cpu': '1500m' }, used: { pods: '3' } } },
      ['x', 'pods: 3/10, requests.cpu: 0/1500m', 'limits.cpu: 0/2', '10m'],
    ],
    [
      '',
      'Node',
      {
        spec: { unschedulable: true },
        metadata: { ...metadata, labels: { 'node-role.kubernetes.io/b': '', 'kubernetes.io/role': 'a' } },
        status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
      },
      ['x', 'NotReady,SchedulingDisabled', 'a,b', '10m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
    ],
    [
      'events.k8s.io',
      'Event',
      { regarding: { kind: 'Pod', name: 'p' }, note: ' hi ', eventTime: '2026-05-01T11:59:00.000000Z', reportingController: 'k' },
      ['60s', '', '', 'pod/p', '', 'k', 'hi', '60s', 1, 'x'],
    ],
    [
      'autoscaling',
      'HorizontalPodAutoscaler',
      {
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'd' },
          maxReplicas: 5,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
        },
      },
      ['x', 'Deployment/d', 'cpu: <unknown>/80%', '<unset>', 5, 0, '10m'],
    ],
    [
      'rbac.authorization.k8s.io',
      'RoleBinding',
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', namespace: 'n', name: 's' },
        ],
      },
      ['x', 'Role/r', '10m', 'u', '', 'n/s'],
    ],
    ['rbac.authorization.k8s.io', 'Role', {}, ['x', '2026-05-01T11:50:00Z']],
    ['example.com', 'Anything', { metadata: { name: 'y' } }, ['y', '0001-01-01T00:00:00Z']],
  ])('of %s %s', (group, kind, object, cells) => expect(cellsOf(group, kind, object)).toEqual(cells));
});

describe('a Table', () => {
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata, status: { phase: 'Succeeded' } };
  const kind = { group: '', kind: 'Pod' };

  it('carries the metadata of its rows unless something else is asked for', () => {
    expect(tableFor(kind, [pod], { now, version: 'v1beta1' })).toMatchObject({
      apiVersion: 'meta.k8s.io/v1beta1',
      rows: [{ object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1beta1', metadata } }],
    });
    expect(tableFor(kind, [pod], { now, includeObject: 'None' }).rows[0]!.object).toBeNull();
    expect(tableFor(kind, [pod], { now, includeObject: 'Object' }).rows[0]!.object).toBe(pod);
  });

  it('marks rows of ended Pods', () => {
    expect(tableFor(kind, [pod], { now }).rows[0]!.conditions).toEqual([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ]);
  });

  it('keeps the list metadata, and has no columns in later events of a watch', () => {
    const table = tableFor(kind, [], { now, headers: false, metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 2 } });
    expect(table).toEqual({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '7', continue: 'c', remainingItemCount: 2 },
      columnDefinitions: null,
      rows: [],
    });
  });

  it('leaves wide columns out, and cuts long addresses, where it is to be narrow', () => {
    const service = {
      metadata,
      spec: { type: 'LoadBalancer' },
      status: { loadBalancer: { ingress: [{ hostname: 'a-very-long-name.example' }] } },
    };
    const narrow = tableFor({ group: '', kind: 'Service' }, [service], { now, wide: false });
    expect(narrow.columnDefinitions!.map(({ name }) => name)).toEqual(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age']);
    expect(narrow.rows[0]!.cells[3]).toBe('a-very-long-n...');
  });

  const KINDS = [
    ['', 'Pod'],
    ['', 'Node'],
    ['', 'Event'],
    ['', 'Service'],
    ['', 'Endpoints'],
    ['', 'ResourceQuota'],
    ['', 'PersistentVolume'],
    ['', 'PersistentVolumeClaim'],
    ['', 'Secret'],
    ['', 'PodTemplate'],
    ['apps', 'Deployment'],
    ['apps', 'DaemonSet'],
    ['apps', 'ControllerRevision'],
    ['batch', 'Job'],
    ['batch', 'CronJob'],
    ['discovery.k8s.io', 'EndpointSlice'],
    ['networking.k8s.io', 'Ingress'],
    ['networking.k8s.io', 'IngressClass'],
    ['policy', 'PodDisruptionBudget'],
    ['autoscaling', 'HorizontalPodAutoscaler'],
    ['rbac.authorization.k8s.io', 'RoleBinding'],
    ['storage.k8s.io', 'StorageClass'],
    ['__proto__', 'constructor'],
  ] as const;
  const FIELDS = [
    'metadata',
    'spec',
    'status',
    'name',
    'conditions',
    'containers',
    'template',
    'selector',
    'matchLabels',
    'matchExpressions',
    'containerStatuses',
    'state',
    'terminated',
    'subsets',
    'rules',
    'metrics',
    'capacity',
    'storage',
    'hard',
    'type',
    '__proto__',
    'constructor',
  ];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, true, 0, -1.5, Number.POSITIVE_INFINITY, '', 'x', 'LoadBalancer', 'Resource', '1Gi', '2020-01-01T00:00:00Z'),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom(...FIELDS), tie('value'), { maxKeys: 6 }),
  })).value;

  it('has a cell for each column, whatever the object holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), json, ([group, name], object) => {
        const { rows } = tableFor({ group, kind: name }, [object], { now });
        expect(rows[0]!.cells).toHaveLength(tableColumns({ group, kind: name }).length);
        expect(rows[0]!.cells.every((cell) => ['string', 'number', 'boolean'].includes(typeof cell))).toBe(true);
      }),
      { numRuns: 300, seed: 23 },
    );
  });
});
