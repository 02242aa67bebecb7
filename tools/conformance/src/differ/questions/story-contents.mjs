const LABELS = { 'metadata.labels': [{ a: '1' }, { a: '2' }, { b: '1' }, { a: '1', b: '2' }, {}, null, { a: null }, { a: '' }] };
const FINALIZERS = {
  'metadata.finalizers': [['example.com/a'], ['example.com/b'], ['example.com/a', 'example.com/b'], ['example.com/b', 'example.com/a'], []],
};
const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o' };
const OWNERS = {
  'metadata.ownerReferences': [
    [{ ...OWNER, uid: 'u1' }],
    [{ ...OWNER, uid: 'u2', controller: true }],
    [
      { ...OWNER, uid: 'u1', blockOwnerDeletion: true },
      { ...OWNER, uid: 'u2' },
    ],
    [
      { ...OWNER, uid: 'u1' },
      { ...OWNER, uid: 'u1' },
    ],
    [],
  ],
};

const image = (value) => ({ name: 'c', image: value });
const CONTAINERS = [
  [image('i:1')],
  [image('i:2')],
  [{ name: 'c' }],
  [image('i:1'), { name: 'd', image: 'i:1' }],
  [{ name: 'd', image: 'i:2' }],
  [{ ...image('i:1'), env: [{ name: 'A', value: '1' }] }],
  [
    {
      ...image('i:1'),
      env: [
        { name: 'A', value: '2' },
        { name: 'B', value: '' },
      ],
    },
  ],
  [
    {
      ...image('i:1'),
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    },
  ],
  [{ ...image('i:1'), ports: [{ containerPort: 80 }] }],
  [
    {
      ...image('i:1'),
      ports: [
        { containerPort: 80, protocol: 'UDP' },
        { containerPort: 80, name: 'web' },
      ],
    },
  ],
  [{ ...image('i:1'), ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 80 }] }],
  [{ ...image('i:1'), args: ['a'], command: ['b'] }],
  [{ ...image('i:1'), args: ['b', 'c'] }],
  [{ ...image('i:1'), args: [] }],
  [{ ...image('i:1'), resources: { limits: { cpu: '1' }, requests: { cpu: '1000m' } } }],
  [{ ...image('i:1'), resources: { limits: { cpu: '1000m' } } }],
  [{ ...image('i:1'), volumeMounts: [{ mountPath: '/a', name: 'v' }] }],
  [
    {
      ...image('i:1'),
      volumeMounts: [
        { mountPath: '/a', name: 'w' },
        { mountPath: '/b', name: 'v' },
      ],
    },
  ],
  [{ ...image('i:1'), securityContext: { capabilities: { add: ['A'] } } }],
  [{ ...image('i:1'), securityContext: { capabilities: { add: ['B', 'C'], drop: ['ALL'] }, runAsUser: 1 } }],
  [{ ...image('i:1'), livenessProbe: { httpGet: { port: 80 } } }],
  [{ ...image('i:1'), livenessProbe: { tcpSocket: { port: 80 } } }],
  [image('i:1'), image('i:2')],
  [{ image: 'i:1' }],
  [],
  null,
];

const templated = (inner = 'spec.template.') => ({
  [`${inner}spec.containers`]: CONTAINERS,
  [`${inner}spec.volumes`]: [
    [{ name: 'v', emptyDir: {} }],
    [
      { name: 'v', emptyDir: { medium: 'Memory' } },
      { name: 'w', configMap: { name: 'c' } },
    ],
    [{ name: 'v', configMap: { name: 'c', items: [{ key: 'a', path: 'b' }] } }],
    [{ name: 'w', secret: { secretName: 's' } }],
    [],
  ],
  [`${inner}spec.tolerations`]: [[{ key: 'a', operator: 'Exists' }], [{ key: 'b' }], []],
  [`${inner}spec.nodeSelector`]: [{ a: '1' }, { a: '2' }, { b: '1' }, {}],
  [`${inner}spec.imagePullSecrets`]: [[{ name: 'a' }], [{ name: 'b' }, { name: 'a' }], [{ name: 'a' }, { name: 'a' }], [{}]],
  [`${inner}spec.hostAliases`]: [[{ ip: '1.1.1.1', hostnames: ['a'] }], [{ ip: '1.1.1.1', hostnames: ['b', 'c'] }]],
  [`${inner}spec.topologySpreadConstraints`]: [
    [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }],
    [
      { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'ScheduleAnyway' },
      { maxSkew: 2, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' },
    ],
  ],
  [`${inner}spec.securityContext`]: [{ runAsUser: 1 }, { fsGroup: 2, supplementalGroups: [1, 2] }, { supplementalGroups: [3] }, {}],
  [`${inner}spec.dnsConfig`]: [{ nameservers: ['1.1.1.1'] }, { nameservers: ['2.2.2.2'], options: [{ name: 'a' }] }],
  [`${inner}spec.affinity`]: [
    {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] },
      },
    },
    { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'z' } }] } },
  ],
  [`${inner}spec.terminationGracePeriodSeconds`]: [5, 6],
});

const selector = { matchLabels: { app: 'x' } };
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [image('i:0')] } };
const conditions = [
  { conditions: [{ type: 'A', status: 'True' }] },
  {
    conditions: [
      { type: 'A', status: 'False', reason: 'R' },
      { type: 'B', status: 'True' },
    ],
  },
  { replicas: 2 },
  { observedGeneration: 3 },
];

const story = (apiVersion, kind, plural, base, parts, more = {}) => ({
  apiVersion,
  kind,
  path: `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/namespaces/{{ns}}/${plural}`,
  base: { apiVersion, kind, metadata: { name: 'x' }, ...base },
  parts: { ...LABELS, ...parts },
  ...more,
});

/** What managers say of objects: for each kind a sound base, and for each field values that agree and that do not. */
export const CONTENTS = [
  story(
    'v1',
    'ConfigMap',
    'configmaps',
    {},
    {
      data: [{ a: '1' }, { a: '2' }, { b: '1' }, { a: '1', b: '1' }, {}, null],
      binaryData: [{ z: 'eA==' }, { z: 'eQ==' }],
      immutable: [true, false],
      ...FINALIZERS,
      ...OWNERS,
      'metadata.annotations': [{ n: '1' }, { n: '2', m: '1' }, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }, {}],
    },
  ),
  story(
    'v1',
    'Secret',
    'secrets',
    {},
    {
      data: [{ a: 'eA==' }, { a: 'eQ==' }, {}],
      stringData: [{ a: 'x' }, { a: 'y' }, { b: 'x' }],
      type: ['Opaque', 'example.com/t'],
    },
  ),
  story(
    'v1',
    'ServiceAccount',
    'serviceaccounts',
    {},
    {
      secrets: [[{ name: 'a' }], [{ name: 'b' }, { name: 'a' }], [{ name: 'a', namespace: 'n' }]],
      imagePullSecrets: [[{ name: 'a' }], [{ name: 'b' }], []],
      automountServiceAccountToken: [true, false],
    },
  ),
  story(
    'v1',
    'Service',
    'services',
    { spec: { ports: [{ port: 80, name: 'p' }] } },
    {
      'spec.ports': [
        [{ port: 80, name: 'p' }],
        [{ port: 80, name: 'q', targetPort: 'x' }],
        [
          { port: 80, name: 'p' },
          { port: 80, protocol: 'UDP', name: 'u' },
        ],
        [{ port: 81, name: 'r', targetPort: 82 }],
        [{ port: 80, protocol: 'TCP', name: 'p', targetPort: '80' }],
      ],
      'spec.selector': [{ a: '1' }, { a: '2' }, { b: '1' }, {}],
      'spec.type': ['ClusterIP', 'NodePort', 'LoadBalancer'],
      'spec.sessionAffinity': ['ClientIP', 'None'],
      'spec.externalIPs': [['1.2.3.4'], ['1.2.3.5', '1.2.3.4'], []],
      'spec.externalTrafficPolicy': ['Local', 'Cluster'],
    },
    {
      status: [
        { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
        { conditions: [{ type: 'A', status: 'True', reason: 'R', message: '', lastTransitionTime: '2020-01-01T00:00:00Z' }] },
      ],
    },
  ),
  story(
    'v1',
    'Pod',
    'pods',
    { spec: { containers: [image('i:0')] } },
    { ...templated(''), ...FINALIZERS },
    {
      status: [
        { conditions: [{ type: 'A', status: 'True' }] },
        {
          conditions: [
            { type: 'A', status: 'False' },
            { type: 'B', status: 'True' },
          ],
        },
        { podIPs: [{ ip: '1.1.1.1' }], podIP: '1.1.1.1' },
        { phase: 'Running', containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: 'i', imageID: 'x' }] },
      ],
    },
  ),
  story(
    'apps/v1',
    'Deployment',
    'deployments',
    { spec: { selector, template } },
    {
      ...templated(),
      'spec.replicas': [1, 2, 3],
      'spec.strategy': [
        { type: 'Recreate' },
        { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
        { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
        {},
      ],
      'spec.paused': [true, false],
      'spec.minReadySeconds': [0, 5],
      'spec.selector': [selector, { matchLabels: { app: 'y' } }],
      'spec.template.metadata': [
        { labels: { app: 'x' } },
        { labels: { app: 'x', z: '1' } },
        { annotations: { a: 'b' }, labels: { app: 'x' } },
      ],
    },
    { status: conditions, scaled: true },
  ),
  story(
    'apps/v1',
    'StatefulSet',
    'statefulsets',
    { spec: { selector, template, serviceName: 's' } },
    {
      ...templated(),
      'spec.replicas': [1, 2],
      'spec.updateStrategy': [{ type: 'OnDelete' }, { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }],
      'spec.ordinals': [{ start: 1 }, { start: 2 }, {}],
      'spec.persistentVolumeClaimRetentionPolicy': [{ whenDeleted: 'Delete' }, { whenScaled: 'Delete' }],
    },
    { status: [...conditions, { replicas: 1, currentReplicas: 1 }], scaled: true },
  ),
  story(
    'batch/v1',
    'Job',
    'jobs',
    { spec: { template: { spec: { restartPolicy: 'Never', containers: [image('i:0')] } } } },
    {
      'spec.parallelism': [1, 2],
      'spec.suspend': [true, false],
      'spec.activeDeadlineSeconds': [10, 20],
      'spec.ttlSecondsAfterFinished': [10, 20],
      'spec.backoffLimit': [1, 2],
    },
    { status: [{ active: 1, startTime: '2020-01-01T00:00:00Z' }, { conditions: [{ type: 'A', status: 'True' }] }] },
  ),
  story(
    'batch/v1',
    'CronJob',
    'cronjobs',
    {
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [image('i:0')] } } } },
      },
    },
    {
      'spec.schedule': ['1 * * * *', '2 * * * *'],
      'spec.suspend': [true, false],
      ...templated('spec.jobTemplate.spec.template.'),
    },
  ),
  story(
    'networking.k8s.io/v1',
    'Ingress',
    'ingresses',
    { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
    {
      'spec.ingressClassName': ['a', 'b'],
      'spec.tls': [[{ hosts: ['a'] }], [{ hosts: ['b'], secretName: 's' }], []],
      'spec.rules': [[{ host: 'a' }], [{ host: 'b' }, { host: 'a' }]],
      'spec.defaultBackend': [
        { service: { name: 't', port: { number: 80 } } },
        { service: { name: 's', port: { name: 'x' } } },
        { resource: { kind: 'K', name: 'n' } },
      ],
    },
  ),
  story(
    'networking.k8s.io/v1',
    'NetworkPolicy',
    'networkpolicies',
    { spec: { podSelector: {} } },
    {
      'spec.podSelector': [
        { matchLabels: { a: '1' } },
        { matchLabels: { b: '1' } },
        { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
      ],
      'spec.policyTypes': [['Ingress'], ['Egress', 'Ingress'], []],
      'spec.ingress': [[{}], [{ ports: [{ port: 80 }] }], []],
    },
  ),
  story(
    'policy/v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    { spec: { selector } },
    {
      'spec.minAvailable': [1, '1', '50%'],
      'spec.maxUnavailable': [1, 2],
      'spec.selector': [{ matchLabels: { a: '1' } }, { matchLabels: { b: '1' } }],
      'spec.unhealthyPodEvictionPolicy': ['AlwaysAllow', 'IfHealthyBudget'],
    },
    {
      status: [
        { conditions: [{ type: 'A', status: 'True', reason: 'R', message: '', lastTransitionTime: '2020-01-01T00:00:00Z' }] },
        { disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
        { disruptedPods: { p: '2020-01-01T00:00:00Z' } },
      ],
    },
  ),
  story(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    'endpointslices',
    { addressType: 'IPv4', endpoints: [] },
    {
      endpoints: [[{ addresses: ['1.1.1.1'] }], [{ addresses: ['1.1.1.2'] }, { addresses: ['1.1.1.1'], conditions: { ready: true } }], []],
      ports: [[{ port: 80, name: 'a' }], [{ port: 81, name: 'b' }], []],
      addressType: ['IPv4', 'IPv6'],
    },
  ),
  story(
    'rbac.authorization.k8s.io/v1',
    'Role',
    'roles',
    {},
    {
      rules: [
        [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
        [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
        [],
      ],
    },
  ),
  story(
    'rbac.authorization.k8s.io/v1',
    'RoleBinding',
    'rolebindings',
    { roleRef: { kind: 'Role', name: 'r', apiGroup: 'rbac.authorization.k8s.io' } },
    {
      subjects: [
        [{ kind: 'User', name: 'u' }],
        [
          { kind: 'User', name: 'v' },
          { kind: 'User', name: 'u' },
        ],
        [],
      ],
      roleRef: [
        { kind: 'Role', name: 'r' },
        { kind: 'Role', name: 'q', apiGroup: 'rbac.authorization.k8s.io' },
      ],
    },
  ),
  story(
    'coordination.k8s.io/v1',
    'Lease',
    'leases',
    { spec: {} },
    {
      'spec.holderIdentity': ['a', 'b'],
      'spec.leaseDurationSeconds': [1, 2],
      'spec.renewTime': ['2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00Z'],
    },
  ),
  story(
    'v1',
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    {
      'spec.resources': [{ requests: { storage: '2Gi' } }, { requests: { storage: '1024Mi' } }, { limits: { storage: '3Gi' } }],
      'spec.storageClassName': ['a', 'b', ''],
      'spec.volumeName': ['v', 'w'],
      'spec.accessModes': [['ReadWriteOnce'], ['ReadWriteMany', 'ReadWriteOnce']],
      ...FINALIZERS,
    },
    {
      status: [
        { phase: 'Bound', capacity: { storage: '1Gi' } },
        { conditions: [{ type: 'Resizing', status: 'True' }] },
        { allocatedResources: { storage: '1Gi' } },
      ],
    },
  ),
  story(
    'v1',
    'LimitRange',
    'limitranges',
    { spec: { limits: [] } },
    {
      'spec.limits': [[{ type: 'Container', max: { cpu: '1' } }], [{ type: 'Pod', max: { cpu: '1000m' } }], []],
    },
  ),
  story(
    'v1',
    'ResourceQuota',
    'resourcequotas',
    { spec: {} },
    {
      'spec.hard': [{ 'count/x.example': '1' }, { 'count/x.example': '2' }, { 'count/y.example': '1k' }, { 'count/y.example': '1000' }],
      'spec.scopes': [['BestEffort'], ['NotTerminating', 'BestEffort']],
    },
    { status: [{ hard: { pods: '1' } }, { used: { pods: '2' } }] },
  ),
  story(
    'v1',
    'Endpoints',
    'endpoints',
    {},
    {
      subsets: [[{ addresses: [{ ip: '1.1.1.1' }], ports: [{ port: 80 }] }], [{ addresses: [{ ip: '1.1.1.2' }, { ip: '1.1.1.1' }] }], []],
    },
  ),
];
