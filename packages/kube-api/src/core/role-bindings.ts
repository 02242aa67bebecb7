import type { StoredObject } from '@solo-kubelet/api-server';
import { nameUid } from '@solo-kubelet/pod-spec/schema';

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];

/** What the roles of the token file may do; each has what the weaker ones have. */
const ROLES: readonly (readonly [role: string, rules: readonly object[]])[] = [
  [
    'read',
    [
      {
        apiGroups: [
          '',
          'apps',
          'batch',
          'policy',
          'events.k8s.io',
          'coordination.k8s.io',
          'metrics.k8s.io',
          'storage.k8s.io',
          'node.k8s.io',
          'discovery.k8s.io',
          'networking.k8s.io',
          'gateway.networking.k8s.io',
        ],
        resources: [
          'pods',
          'pods/log',
          'pods/status',
          'nodes',
          'namespaces',
          'events',
          'configmaps',
          'serviceaccounts',
          'limitranges',
          'persistentvolumes',
          'persistentvolumeclaims',
          'deployments',
          'deployments/scale',
          'replicasets',
          'replicasets/scale',
          'statefulsets',
          'statefulsets/scale',
          'daemonsets',
          'controllerrevisions',
          'jobs',
          'cronjobs',
          'poddisruptionbudgets',
          'leases',
          'storageclasses',
          'runtimeclasses',
          'services',
          'endpoints',
          'endpointslices',
          'networkpolicies',
          'ingresses',
          'ingressclasses',
          'gatewayclasses',
          'gateways',
          'httproutes',
          'referencegrants',
        ],
        verbs: READ,
      },
      { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'], verbs: READ },
      { nonResourceURLs: ['/metrics', '/metrics/*'], verbs: ['get'] },
    ],
  ],
  ['exec', [{ apiGroups: [''], resources: ['pods/exec', 'pods/attach', 'pods/portforward'], verbs: ['get', 'create'] }]],
  [
    'admin',
    [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
  ],
];

const GATEWAY = 'gateway.networking.k8s.io';
const ROUTES = ['gateways', 'httproutes', 'referencegrants'];

/** What the usual roles get beside what Kubernetes gives them: Gateway API is built in here. */
const AGGREGATED: readonly (readonly [into: string, rule: object])[] = [
  ['view', { apiGroups: [GATEWAY], resources: [...ROUTES, 'gateways/status', 'httproutes/status'], verbs: READ }],
  ['edit', { apiGroups: [GATEWAY], resources: ROUTES, verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'] }],
];

/** Roles that the usual ones gather. */
const aggregatedObjects = (nowText: string): readonly { readonly bucket: string; readonly object: StoredObject }[] =>
  AGGREGATED.map(([into, rule]) => {
    const name = `solo-kubelet:gateway-${into}`;
    const labels = { [`${RBAC}/aggregate-to-${into}`]: 'true' };
    return {
      bucket: `clusterroles.${RBAC}`,
      object: {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata: { name, labels, uid: nameUid(`ClusterRole/${name}`), creationTimestamp: nowText },
        rules: [rule],
      },
    };
  });

/** Roles and bindings for the groups `solo-kubelet:read|exec|admin`, which tokens of the token file and certificates carry. */
export const roleObjects = (nowText: string): readonly { readonly bucket: string; readonly object: StoredObject }[] => [
  ...aggregatedObjects(nowText),
  ...ROLES.flatMap(([role, rules], i) => {
    const name = `solo-kubelet:${role}`;
    const metadata = (kind: string) => ({ name, uid: nameUid(`${kind}/${name}`), creationTimestamp: nowText });
    // A stronger role is bound to what the weaker ones are bound to as well.
    const subjects = ROLES.slice(i).map(([stronger]) => ({ apiGroup: RBAC, kind: 'Group', name: `solo-kubelet:${stronger}` }));
    return [
      {
        bucket: `clusterroles.${RBAC}`,
        object: { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: metadata('ClusterRole'), rules },
      },
      {
        bucket: `clusterrolebindings.${RBAC}`,
        object: {
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: metadata('ClusterRoleBinding'),
          subjects,
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
        },
      },
    ];
  }),
];
