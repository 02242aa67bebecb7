const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'img:1' }] } };
const selector = { matchLabels: { app: 'x' } };

const pod = {
  containers: [
    {
      name: 'c',
      image: 'img:1',
      command: ['run'],
      args: ['a', 'b'],
      env: [
        { name: 'A', value: '1' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
      envFrom: [{ configMapRef: { name: 'cm' } }],
      ports: [
        { name: 'web', containerPort: 80 },
        { name: 'dns', containerPort: 53, protocol: 'UDP' },
      ],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      livenessProbe: { httpGet: { path: '/', port: 'web' }, periodSeconds: 5 },
      readinessProbe: { tcpSocket: { port: 80 } },
      lifecycle: { preStop: { exec: { command: ['stop'] } } },
      securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
    },
    { name: 'd', image: 'img@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
  ],
  initContainers: [{ name: 'i', image: 'img:2', restartPolicy: 'Always' }],
  volumes: [
    { name: 'v', emptyDir: {} },
    { name: 'w', configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } },
  ],
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.example'] }],
  terminationGracePeriodSeconds: 10,
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
    },
  },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector }],
};

const kind = (group, plural, name, content, { namespaced = true, status } = {}) => ({
  group,
  plural,
  kind: name,
  content,
  namespaced,
  status,
});

/** One sound object of every kind, with a status for those that have one. */
export const SAMPLES = [
  kind('', 'configmaps', 'ConfigMap', { data: { a: '1', b: '2' }, binaryData: { c: 'eA==' } }),
  kind('', 'secrets', 'Secret', { type: 'Opaque', data: { p: 'c2VjcmV0' } }),
  kind('', 'serviceaccounts', 'ServiceAccount', { imagePullSecrets: [{ name: 's' }], automountServiceAccountToken: false }),
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
    'services',
    'Service',
    {
      spec: {
        selector: { app: 'x' },
        ports: [
          { name: 'web', port: 80, targetPort: 'web' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
        type: 'ClusterIP',
      },
    },
    {
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.example' }] } },
    },
  ),
  kind('', 'endpoints', 'Endpoints', {
    subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ name: 'web', port: 80 }] }],
  }),
  kind(
    '',
    'persistentvolumeclaims',
    'PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 's' } },
    {
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
    },
  ),
  kind(
    '',
    'persistentvolumes',
    'PersistentVolume',
    {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/p' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 's',
      },
    },
    {
      namespaced: false,
      status: { phase: 'Bound' },
    },
  ),
  kind('', 'limitranges', 'LimitRange', {
    spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' }, min: { storage: '1' } }] },
  }),
  kind(
    '',
    'resourcequotas',
    'ResourceQuota',
    { spec: { hard: { 'count/leases.coordination.k8s.io': '9' } } },
    { status: { hard: { pods: '5' }, used: { pods: '2' } } },
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
    '',
    'nodes',
    'Node',
    { spec: { podCIDR: '10.1.0.0/24', taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }], unschedulable: true } },
    {
      namespaced: false,
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        nodeInfo: { kubeletVersion: 'v1.36.2', osImage: 'Debian', kernelVersion: '6.1', containerRuntimeVersion: 'containerd://2.0' },
        capacity: { cpu: '2' },
      },
    },
  ),
  kind('', 'namespaces', 'Namespace', { spec: {} }, { namespaced: false, status: { phase: 'Active' } }),
  kind('', 'events', 'Event', {
    involvedObject: { kind: 'Pod', name: 'p', namespace: '{{ns}}' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
    count: 3,
    source: { component: 'c', host: 'h' },
    firstTimestamp: '2020-01-01T00:00:00Z',
    lastTimestamp: '2020-01-02T00:00:00Z',
  }),
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
    'networking.k8s.io',
    'ingresses',
    'Ingress',
    {
      spec: {
        ingressClassName: 'i',
        rules: [
          {
            host: 'a.example',
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
          },
        ],
        tls: [{ hosts: ['a.example'], secretName: 't' }],
      },
    },
    {
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    },
  ),
  kind(
    'networking.k8s.io',
    'ingressclasses',
    'IngressClass',
    { spec: { controller: 'example.com/c', parameters: { apiGroup: 'example.com', kind: 'P', name: 'p' } } },
    { namespaced: false },
  ),
  kind('networking.k8s.io', 'networkpolicies', 'NetworkPolicy', {
    spec: {
      podSelector: selector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80, endPort: 90, protocol: 'TCP' }] },
      ],
    },
  }),
  kind(
    'policy',
    'poddisruptionbudgets',
    'PodDisruptionBudget',
    { spec: { minAvailable: 1, selector } },
    { status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } },
  ),
  kind('rbac.authorization.k8s.io', 'roles', 'Role', {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['p'] }],
  }),
  kind('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [
      { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'ServiceAccount', name: 's', namespace: 'n' },
    ],
  }),
  kind(
    'rbac.authorization.k8s.io',
    'clusterroles',
    'ClusterRole',
    { rules: [{ nonResourceURLs: ['/x/*'], verbs: ['get'] }], aggregationRule: { clusterRoleSelectors: [selector] } },
    { namespaced: false },
  ),
  kind(
    'rbac.authorization.k8s.io',
    'clusterrolebindings',
    'ClusterRoleBinding',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'g', apiGroup: 'rbac.authorization.k8s.io' }],
    },
    { namespaced: false },
  ),
  kind(
    'storage.k8s.io',
    'storageclasses',
    'StorageClass',
    { provisioner: 'p', parameters: { a: 'b' }, allowVolumeExpansion: true, volumeBindingMode: 'WaitForFirstConsumer' },
    { namespaced: false },
  ),
  kind(
    'scheduling.k8s.io',
    'priorityclasses',
    'PriorityClass',
    { value: 10, description: 'd', preemptionPolicy: 'Never' },
    { namespaced: false },
  ),
  kind(
    'node.k8s.io',
    'runtimeclasses',
    'RuntimeClass',
    { handler: 'runc', overhead: { podFixed: { cpu: '1m' } }, scheduling: { nodeSelector: { a: 'b' } } },
    { namespaced: false },
  ),
  kind('discovery.k8s.io', 'endpointslices', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: 'web', port: 80, protocol: 'TCP' }],
  }),
  kind('coordination.k8s.io', 'leases', 'Lease', {
    spec: { holderIdentity: 'h', leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z' },
  }),
  kind('events.k8s.io', 'events', 'Event', {
    eventTime: '2020-01-01T00:00:00.000000Z',
    action: 'a',
    reason: 'R',
    note: 'n',
    type: 'Normal',
    regarding: { kind: 'Pod', name: 'p', namespace: '{{ns}}' },
    reportingController: 'c.example/x',
    reportingInstance: 'i',
  }),
];

const apiVersionOf = (group) => (group === '' ? 'v1' : `${group}/v1`);

/** The path of a kind's collection. */
export const collectionOf = ({ group, plural, namespaced }) =>
  `${group === '' ? '/api/v1' : `/apis/${group}/v1`}${namespaced ? '/namespaces/{{ns}}' : ''}/${plural}`;

/** Objects of kinds without a namespace have names of their own in each script. */
export const nameOf = ({ namespaced }, name) => (namespaced ? name : `{{ns}}-${name}`);

export const objectOf = (sample, name, metadata = {}) => ({
  apiVersion: apiVersionOf(sample.group),
  kind: sample.kind,
  metadata: { name: nameOf(sample, name), labels: { app: 'x', tier: 'web' }, annotations: { note: 'n' }, ...metadata },
  ...structuredClone(sample.content),
});

/** The sample whose objects an object is one of; undefined for other kinds. */
export const sampleOf = ({ apiVersion, kind: name }) =>
  SAMPLES.find((sample) => sample.kind === name && apiVersionOf(sample.group) === apiVersion);
