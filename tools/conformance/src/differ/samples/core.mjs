import { kind } from './sample.mjs';

export const CORE = [
  kind('', 'configmaps', 'ConfigMap', { data: { a: '1', b: '2' }, binaryData: { c: 'eA==' } }),
  kind('', 'secrets', 'Secret', { type: 'Opaque', data: { p: 'c2VjcmV0' } }),
  kind('', 'serviceaccounts', 'ServiceAccount', { imagePullSecrets: [{ name: 's' }], automountServiceAccountToken: false }),
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
];
