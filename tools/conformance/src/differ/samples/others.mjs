import { selector } from './pod.mjs';
import { kind } from './sample.mjs';

export const OTHERS = [
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
