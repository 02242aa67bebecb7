/** What there is to know about a kind of objects besides its fields. */
export interface ObjectKind {
  /** Empty for the core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Whether its objects lie in namespaces. */
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

const row = (
  group: string,
  kind: string,
  plural: string,
  shortNames: string,
  scope: 'namespaced' | 'cluster' = 'namespaced',
  version = 'v1',
): ObjectKind => ({
  group,
  version,
  kind,
  plural,
  namespaced: scope === 'namespaced',
  shortNames: shortNames.split(' ').filter(Boolean),
});

const GATEWAY = 'gateway.networking.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';

/** Every kind that this package knows, each in the one version that is current in Kubernetes 1.36. */
export const objectKinds: readonly ObjectKind[] = [
  row('', 'ConfigMap', 'configmaps', 'cm'),
  row('', 'Secret', 'secrets', ''),
  row('', 'ServiceAccount', 'serviceaccounts', 'sa'),
  row('', 'Namespace', 'namespaces', 'ns', 'cluster'),
  row('', 'LimitRange', 'limitranges', 'limits'),
  row('', 'PersistentVolume', 'persistentvolumes', 'pv', 'cluster'),
  row('', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc'),
  row('', 'Service', 'services', 'svc'),
  row('scheduling.k8s.io', 'PriorityClass', 'priorityclasses', 'pc', 'cluster'),
  row('node.k8s.io', 'RuntimeClass', 'runtimeclasses', '', 'cluster'),
  row('storage.k8s.io', 'StorageClass', 'storageclasses', 'sc', 'cluster'),
  row('apps', 'Deployment', 'deployments', 'deploy'),
  row('apps', 'ReplicaSet', 'replicasets', 'rs'),
  row('apps', 'StatefulSet', 'statefulsets', 'sts'),
  row('apps', 'DaemonSet', 'daemonsets', 'ds'),
  row('batch', 'Job', 'jobs', ''),
  row('batch', 'CronJob', 'cronjobs', 'cj'),
  row('discovery.k8s.io', 'EndpointSlice', 'endpointslices', ''),
  row('networking.k8s.io', 'Ingress', 'ingresses', 'ing'),
  row('networking.k8s.io', 'IngressClass', 'ingressclasses', '', 'cluster'),
  row('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', 'netpol'),
  row(GATEWAY, 'GatewayClass', 'gatewayclasses', 'gc', 'cluster'),
  row(GATEWAY, 'Gateway', 'gateways', 'gtw'),
  row(GATEWAY, 'HTTPRoute', 'httproutes', ''),
  row(GATEWAY, 'ReferenceGrant', 'referencegrants', 'refgrant', 'namespaced', 'v1beta1'),
  row(RBAC, 'Role', 'roles', ''),
  row(RBAC, 'RoleBinding', 'rolebindings', ''),
  row(RBAC, 'ClusterRole', 'clusterroles', '', 'cluster'),
  row(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', '', 'cluster'),
  row('policy', 'PodDisruptionBudget', 'poddisruptionbudgets', 'pdb'),
];

/** A kind by a name that a user may give it: its own, the plural or a short one; case does not count. */
export const findObjectKind = (name: string): ObjectKind | undefined => {
  const wanted = name.toLowerCase();
  return objectKinds.find(
    ({ kind, plural, shortNames }) => kind.toLowerCase() === wanted || plural === wanted || shortNames.includes(wanted),
  );
};

/** As a manifest has it, e.g. `apps/v1`. */
export const apiVersionOf = ({ group, version }: ObjectKind): string => (group === '' ? version : `${group}/${version}`);
