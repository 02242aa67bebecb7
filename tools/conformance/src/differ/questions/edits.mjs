const selector = { matchLabels: { app: 'x' } };
const containers = [{ name: 'c', image: 'img:2' }];
const template = (more = {}, spec = {}) => ({ metadata: { labels: { app: 'x', ...more } }, spec: { containers, ...spec } });

const WORKLOAD = {
  'spec.selector': [
    { matchLabels: { app: 'y' } },
    { matchLabels: { app: 'x', tier: 'z' } },
    { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    {},
    null,
  ],
  'spec.replicas': [0, 5, -1, null],
  'spec.minReadySeconds': [0, 3, -1],
  'spec.template': [
    template(),
    template({ app: 'y' }),
    template({ z: '1' }),
    template({}, { restartPolicy: 'Never' }),
    template({}, { activeDeadlineSeconds: 3 }),
  ],
  'spec.revisionHistoryLimit': [0, 3, -1],
};

const jobTemplate = (more) => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'img:1' }], ...more } });

/** For each kind what it may start as, and its fields with values that meet its rules of change. */
export const EDITS = {
  'apps/Deployment': {
    edits: {
      ...WORKLOAD,
      'spec.strategy': [
        { type: 'Recreate' },
        { type: 'Recreate', rollingUpdate: null },
        { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
        { rollingUpdate: { maxUnavailable: '101%' } },
        { type: 'X' },
      ],
      'spec.progressDeadlineSeconds': [1, 3, 0, 600],
      'spec.paused': [true, false],
    },
  },
  'apps/ReplicaSet': { edits: WORKLOAD },
  'apps/DaemonSet': {
    edits: {
      ...WORKLOAD,
      'spec.updateStrategy': [
        { type: 'OnDelete' },
        { rollingUpdate: { maxUnavailable: 0 } },
        { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        { rollingUpdate: { maxSurge: 1 } },
      ],
    },
  },
  'apps/StatefulSet': {
    edits: {
      ...WORKLOAD,
      'spec.serviceName': ['t', '', null, 's'],
      'spec.podManagementPolicy': ['Parallel', 'OrderedReady', 'X'],
      'spec.volumeClaimTemplates': [
        [],
        [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } }],
        null,
      ],
      'spec.updateStrategy': [
        { type: 'OnDelete' },
        { type: 'RollingUpdate', rollingUpdate: { partition: -1 } },
        { type: 'RollingUpdate', rollingUpdate: { partition: 1, maxUnavailable: 2 } },
      ],
      'spec.persistentVolumeClaimRetentionPolicy': [{ whenDeleted: 'Delete' }, { whenScaled: 'X' }],
      'spec.ordinals': [{ start: 3 }, { start: -1 }],
    },
  },
  '/ReplicationController': {
    edits: {
      'spec.selector': [{ app: 'y' }, { app: 'x', t: 'z' }, {}, null],
      'spec.replicas': [0, -1, 3],
      'spec.template': WORKLOAD['spec.template'],
    },
  },
  '/PodTemplate': { edits: { template: [template(), template({}, { restartPolicy: 'Never' }), {}, null] } },
  'batch/Job': {
    starts: [
      { 'spec.suspend': true },
      { 'spec.completionMode': 'Indexed' },
      { 'spec.suspend': true, 'spec.completionMode': 'Indexed' },
      { 'spec.manualSelector': true, 'spec.selector': selector, 'spec.template': { metadata: { labels: { app: 'x' } }, ...jobTemplate() } },
      { 'spec.completions': null },
    ],
    edits: {
      'spec.completions': [1, 2, 3, 5, null],
      'spec.parallelism': [0, 2, 5, null, -1],
      'spec.template': [
        jobTemplate(),
        jobTemplate({ nodeSelector: { a: 'b' } }),
        jobTemplate({ tolerations: [{ operator: 'Exists' }] }),
        jobTemplate({ restartPolicy: 'OnFailure' }),
        { metadata: { labels: { z: '1' } }, ...jobTemplate() },
        { metadata: { annotations: { z: '1' } }, ...jobTemplate() },
        jobTemplate({ schedulingGates: [{ name: 'g' }] }),
        jobTemplate({ containers: [{ name: 'c', image: 'img:1', resources: { requests: { cpu: '1' } } }] }),
        jobTemplate({ activeDeadlineSeconds: 4 }),
      ],
      'spec.selector': [selector, { matchLabels: { a: 'b' } }, null],
      'spec.suspend': [true, false],
      'spec.completionMode': ['Indexed', 'NonIndexed', 'X'],
      'spec.manualSelector': [true, false],
      'spec.backoffLimit': [0, 3, -1],
      'spec.backoffLimitPerIndex': [1, 2, null],
      'spec.maxFailedIndexes': [1, 2, 100001],
      'spec.podFailurePolicy': [
        { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] },
        { rules: [] },
        { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'X', status: 'True' }] }] },
      ],
      'spec.successPolicy': [{ rules: [{ succeededCount: 1 }] }, { rules: [{ succeededIndexes: '0' }] }],
      'spec.podReplacementPolicy': ['Failed', 'TerminatingOrFailed'],
      'spec.managedBy': ['example.com/x', 'kubernetes.io/job-controller', 'x'],
      'spec.ttlSecondsAfterFinished': [0, -1, 3],
      'spec.activeDeadlineSeconds': [1, 0, -1],
    },
  },
  'batch/CronJob': {
    edits: {
      'spec.schedule': ['* * * * *', '@daily', 'x', '', 'TZ=UTC * * * * *', 'CRON_TZ=UTC * * * * *'],
      'spec.timeZone': ['UTC', 'Europe/Berlin', 'X/Y', 'Local', '', null],
      'spec.concurrencyPolicy': ['Allow', 'Replace', 'X', ''],
      'spec.suspend': [true, null],
      'spec.startingDeadlineSeconds': [0, -1, 10],
      'spec.successfulJobsHistoryLimit': [0, -1, null],
      'spec.jobTemplate': [
        { spec: { template: jobTemplate() } },
        { spec: { template: jobTemplate(), manualSelector: true } },
        { spec: { template: jobTemplate(), selector } },
        {},
      ],
    },
  },
  '/Service': {
    starts: [
      { 'spec.type': 'NodePort' },
      { 'spec.type': 'LoadBalancer' },
      { 'spec.type': 'ExternalName', 'spec.externalName': 'a.example' },
      { 'spec.clusterIP': 'None' },
      { 'spec.type': 'LoadBalancer', 'spec.externalTrafficPolicy': 'Local' },
      { 'spec.type': 'LoadBalancer', 'spec.loadBalancerClass': 'example.com/l' },
    ],
    edits: {
      'spec.type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'X', '', null],
      'spec.clusterIP': ['None', '', null, '10.96.77.77', '1.2.3.4'],
      'spec.clusterIPs': [['None'], [], null, ['10.96.77.77']],
      'spec.externalName': ['b.example', '', null],
      'spec.ipFamilies': [['IPv4'], ['IPv6'], ['IPv4', 'IPv6']],
      'spec.ipFamilyPolicy': ['SingleStack', 'PreferDualStack', 'RequireDualStack', 'X', null],
      'spec.ports': [
        [{ port: 80 }],
        [{ port: 80, nodePort: 31234 }],
        [],
        null,
        [{ name: 'web', port: 80, nodePort: 1 }],
        [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
        [{ port: 1 }, { port: 2 }],
      ],
      'spec.externalTrafficPolicy': ['Local', 'Cluster', 'X', '', null],
      'spec.internalTrafficPolicy': ['Local', 'Cluster', 'X', null],
      'spec.healthCheckNodePort': [0, 31235, null],
      'spec.allocateLoadBalancerNodePorts': [true, false, null],
      'spec.loadBalancerClass': ['example.com/l', 'example.com/m', 'x', null],
      'spec.loadBalancerIP': ['1.2.3.4', 'x', null],
      'spec.loadBalancerSourceRanges': [['10.0.0.0/8'], ['x'], null],
      'spec.sessionAffinity': ['ClientIP', 'None', 'X', null],
      'spec.sessionAffinityConfig': [{ clientIP: { timeoutSeconds: 5 } }, { clientIP: { timeoutSeconds: 0 } }, null],
      'spec.selector': [{ a: 'b' }, null],
      'spec.trafficDistribution': ['PreferClose', 'PreferSameZone', 'PreferSameNode', 'X', null],
      'spec.publishNotReadyAddresses': [true, null],
    },
  },
  '/Secret': {
    starts: [{ immutable: true }],
    edits: {
      type: ['Opaque', 'x', '', 'kubernetes.io/tls', 'kubernetes.io/dockerconfigjson', 'kubernetes.io/service-account-token', null],
      data: [{ a: 'eA==' }, null, { a: 'x' }],
      stringData: [{ a: 'x' }, { p: 'y' }],
      immutable: [true, false, null],
    },
  },
  '/ConfigMap': {
    starts: [{ immutable: true }],
    edits: { data: [{ a: '2' }, null, { c: 'x' }, { '..': 'x' }], binaryData: [{ a: 'eA==' }, null], immutable: [true, false, null] },
  },
  '/PersistentVolumeClaim': {
    starts: [{ 'spec.volumeName': 'v' }, { 'spec.storageClassName': null }, { 'spec.volumeAttributesClassName': 'a' }],
    edits: {
      'spec.accessModes': [['ReadWriteMany'], ['ReadWriteOncePod'], ['ReadWriteOncePod', 'ReadWriteOnce'], []],
      'spec.resources': [
        { requests: { storage: '2Gi' } },
        { requests: { storage: '500Mi' } },
        { requests: {} },
        { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } },
      ],
      'spec.storageClassName': ['t', '', null, 's'],
      'spec.volumeName': ['w', null, 'v'],
      'spec.volumeMode': ['Block', 'Filesystem', 'X'],
      'spec.selector': [selector, null],
      'spec.dataSource': [
        { kind: 'PersistentVolumeClaim', name: 'p' },
        { kind: 'X', name: 'p', apiGroup: 'snapshot.storage.k8s.io' },
        null,
      ],
      'spec.dataSourceRef': [
        { kind: 'PersistentVolumeClaim', name: 'p' },
        { kind: 'X', name: 'p', apiGroup: 'a.example', namespace: 'n' },
      ],
      'spec.volumeAttributesClassName': ['a', 'b', '', null],
    },
  },
  '/PersistentVolume': {
    edits: {
      'spec.capacity': [{ storage: '2Gi' }, { cpu: '1' }, {}],
      'spec.accessModes': [['ReadWriteMany'], [], ['X']],
      'spec.hostPath': [{ path: '/q' }, { path: '/a/../b' }, null],
      'spec.nfs': [{ server: 's', path: '/' }],
      'spec.persistentVolumeReclaimPolicy': ['Delete', 'Recycle', 'X'],
      'spec.storageClassName': ['t', ''],
      'spec.claimRef': [{ name: 'c', namespace: 'n' }, { name: 'c' }, { name: 'd', namespace: 'n', uid: 'u' }, null],
      'spec.volumeMode': ['Block'],
      'spec.nodeAffinity': [{ required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } }, null],
      'spec.mountOptions': [['a'], null],
      'spec.volumeAttributesClassName': ['a', ''],
    },
  },
  'policy/PodDisruptionBudget': {
    edits: {
      'spec.minAvailable': [2, '10%', null, -1, '101%', 'x'],
      'spec.maxUnavailable': [1, '1%', null],
      'spec.selector': [{ matchLabels: { a: 'b' } }, {}, null],
      'spec.unhealthyPodEvictionPolicy': ['AlwaysAllow', 'X', null],
    },
  },
  'networking.k8s.io/Ingress': {
    edits: {
      'spec.ingressClassName': ['b', 'X_', '', null],
      'spec.rules': [
        [{ host: '*.example' }],
        [{ host: '1.2.3.4' }],
        [{ http: { paths: [{ path: 'x', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] } }],
        [{ http: { paths: [{ pathType: 'Exact', backend: { service: { name: 's', port: { name: 'x' } } } }] } }],
        [{ http: { paths: [{ path: '/a//b', pathType: 'Exact', backend: { resource: { kind: 'K', name: 'n' } } }] } }],
        [],
        null,
      ],
      'spec.tls': [[{ hosts: ['A'] }], [], null],
      'spec.defaultBackend': [
        { service: { name: 's', port: { number: 0 } } },
        { service: { name: 's', port: { name: 'x', number: 1 } } },
        {},
      ],
      'metadata.annotations': [{ 'kubernetes.io/ingress.class': 'x' }],
    },
  },
  'networking.k8s.io/IngressClass': {
    edits: {
      'spec.controller': ['example.com/d', 'x', '', null],
      'spec.parameters': [
        null,
        { kind: 'P', name: 'q' },
        { kind: 'P', name: 'p', scope: 'Namespace' },
        { kind: 'P', name: 'p', scope: 'Namespace', namespace: 'n' },
        { kind: 'P', name: 'p', scope: 'X' },
      ],
    },
  },
  'networking.k8s.io/NetworkPolicy': {
    edits: {
      'spec.podSelector': [{}, { matchLabels: { 'a b': 'c' } }],
      'spec.policyTypes': [['Ingress'], ['X'], [], ['Ingress', 'Egress', 'Ingress']],
      'spec.ingress': [
        [],
        [{ from: [{}] }],
        [{ from: [{ podSelector: {}, ipBlock: { cidr: '1.0.0.0/8' } }] }],
        [{ ports: [{ port: 'Web_' }] }],
        [{ ports: [{ port: 9, endPort: 8 }] }],
        [{ ports: [{ endPort: 8 }] }],
        [{ ports: [{ protocol: 'X' }] }],
      ],
      'spec.egress': [[{ to: [{ ipBlock: { cidr: 'x' } }] }], [{ to: [{ ipBlock: { cidr: '1.0.0.0/8', except: ['2.0.0.0/8'] } }] }]],
    },
  },
  'discovery.k8s.io/EndpointSlice': {
    edits: {
      addressType: ['IPv6', 'FQDN', 'X', null],
      endpoints: [
        [],
        null,
        [{ addresses: [] }],
        [{ addresses: ['1.1.1.1', '1.1.1.1'] }],
        [{ addresses: ['x'] }],
        [{ addresses: ['127.0.0.1'] }],
        [{ addresses: ['1.1.1.1'], hostname: 'A', zone: 'z', nodeName: 'N_' }],
        [{ addresses: ['1.1.1.1'], deprecatedTopology: { a: 'b' } }],
        [{ addresses: ['1.1.1.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }],
      ],
      ports: [[], null, [{ name: 'a' }, { name: 'a' }], [{ name: 'A' }], [{ port: 1, protocol: 'X' }], [{ appProtocol: 'a b' }]],
      'metadata.labels': [{ 'kubernetes.io/service-name': 's' }, { 'endpointslice.kubernetes.io/managed-by': 'x' }],
    },
  },
  'rbac.authorization.k8s.io/RoleBinding': {
    edits: {
      roleRef: [
        { kind: 'ClusterRole', name: 'r', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'Role', name: 'q', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'X', name: 'q', apiGroup: 'x' },
        { kind: 'Role', name: '' },
        null,
      ],
      subjects: [
        [],
        null,
        [{ kind: 'User', name: 'u', namespace: 'n' }],
        [{ kind: 'ServiceAccount', name: 's' }],
        [{ kind: 'X', name: 's' }],
        [{ kind: 'Group', name: '', apiGroup: 'x' }],
      ],
    },
  },
  'rbac.authorization.k8s.io/ClusterRoleBinding': {
    edits: {
      roleRef: [
        { kind: 'ClusterRole', name: 'edit', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'Role', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
      ],
      subjects: [[], [{ kind: 'ServiceAccount', name: 's' }]],
    },
  },
  'rbac.authorization.k8s.io/Role': {
    edits: {
      rules: [
        [],
        null,
        [{ verbs: [] }],
        [{ verbs: ['get'], resources: ['pods'] }],
        [{ verbs: ['get'], apiGroups: [''] }],
        [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
        [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/x'] }],
      ],
    },
  },
  'rbac.authorization.k8s.io/ClusterRole': {
    edits: {
      rules: [[], null, [{ verbs: ['get'], nonResourceURLs: ['x'] }], [{ verbs: ['get'], nonResourceURLs: ['/a*b', '/a/*'] }]],
      aggregationRule: [
        null,
        {},
        { clusterRoleSelectors: [] },
        { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'X' }] }] },
      ],
    },
  },
  'storage.k8s.io/StorageClass': {
    edits: {
      provisioner: ['q', '', 'a b', null],
      parameters: [{ a: 'c' }, null, {}],
      reclaimPolicy: ['Retain', 'Recycle', 'X', null],
      volumeBindingMode: ['Immediate', 'X', null],
      allowVolumeExpansion: [false, null],
      mountOptions: [['a'], null],
      allowedTopologies: [
        [{ matchLabelExpressions: [{ key: 'a', values: ['b'] }] }],
        [{ matchLabelExpressions: [{ key: 'a', values: [] }] }],
      ],
    },
  },
  'scheduling.k8s.io/PriorityClass': {
    edits: {
      value: [11, 10, 1_000_000_001, null],
      globalDefault: [true, false],
      description: ['e', null],
      preemptionPolicy: ['PreemptLowerPriority', 'X', null],
    },
  },
  'node.k8s.io/RuntimeClass': {
    edits: {
      handler: ['kata', 'X_', '', null],
      overhead: [null, { podFixed: { cpu: '2m' } }, { podFixed: { x: '1' } }, { podFixed: { cpu: '-1' } }],
      scheduling: [null, { nodeSelector: { a: 'c' } }, { tolerations: [{ key: 'a', operator: 'X' }] }],
    },
  },
  'coordination.k8s.io/Lease': {
    edits: {
      'spec.holderIdentity': ['i', '', null],
      'spec.leaseDurationSeconds': [0, -1, null, 1],
      'spec.leaseTransitions': [1, -1],
      'spec.strategy': ['OldestEmulationVersion', 'x'],
      'spec.preferredHolder': ['a', ''],
      'spec.acquireTime': ['2020-01-01T00:00:00Z', 'x', null],
    },
  },
  'apps/ControllerRevision': { edits: { data: [{ a: 2 }, null, 'x', [1]], revision: [4, 2, -1, null] } },
  '/LimitRange': {
    edits: {
      'spec.limits': [
        [],
        null,
        [{ type: 'Pod', default: { cpu: '1' } }],
        [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }],
        [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '2' } }],
        [{ type: 'Container', maxLimitRequestRatio: { cpu: '0' } }],
        [{ type: 'X' }],
        [{ type: 'PersistentVolumeClaim' }],
        [{ type: 'Container', max: { cpu: '1' } }, { type: 'Container' }],
      ],
    },
  },
  '/ResourceQuota': {
    starts: [{ 'spec.scopes': ['BestEffort'], 'spec.hard': { pods: '1' } }],
    edits: {
      'spec.hard': [{ pods: '1' }, { pods: '-1' }, { pods: '1.5' }, { x: '1' }, { 'requests.cpu': '1m' }, null],
      'spec.scopes': [['BestEffort'], ['BestEffort', 'NotBestEffort'], ['X'], null, []],
      'spec.scopeSelector': [
        { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['a'] }] },
        { matchExpressions: [{ scopeName: 'BestEffort', operator: 'In', values: ['a'] }] },
        null,
      ],
    },
  },
  '/Node': {
    edits: {
      'spec.podCIDR': ['10.2.0.0/24', '', null],
      'spec.podCIDRs': [['10.1.0.0/24', '10.2.0.0/24'], ['10.1.0.0/24', 'fd00::/64'], null],
      'spec.providerID': ['a', 'b', null],
      'spec.taints': [
        [],
        [{ key: 'a', effect: 'X' }],
        [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
        [{ key: 'a b', effect: 'NoExecute', timeAdded: '2020-01-01T00:00:00Z' }],
      ],
      'spec.unschedulable': [null, false],
      'spec.externalID': ['e', null],
      'spec.configSource': [{ configMap: { name: 'a', namespace: 'b', kubeletConfigKey: 'c' } }],
      'metadata.annotations': [{ 'node.alpha.kubernetes.io/ttl': 'x' }, { 'scheduler.alpha.kubernetes.io/preferAvoidPods': 'x' }],
    },
  },
  '/ServiceAccount': {
    edits: { secrets: [[{ name: 'x' }], null, []], imagePullSecrets: [[], null, [{}]], automountServiceAccountToken: [true, null] },
  },
  '/Endpoints': {
    edits: {
      subsets: [
        [],
        null,
        [{ addresses: [{ ip: 'x' }], ports: [{ port: 0 }] }],
        [{ notReadyAddresses: [{ ip: '1.1.1.1', hostname: 'A' }], ports: [{ port: 1 }, { port: 2 }] }],
        [{ addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }] }],
        [{ addresses: [{ ip: '169.254.1.1' }] }],
        [{ ports: [{ port: 1 }] }],
        [
          { addresses: [{ ip: '1.1.1.2' }], ports: [{ port: 2, protocol: 'UDP' }, { port: 1 }] },
          { addresses: [{ ip: '1.1.1.1' }], ports: [{ port: 1 }] },
        ],
      ],
    },
  },
};
