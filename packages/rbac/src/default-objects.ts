import { DEFAULT_CLUSTER_ROLE_BINDINGS, DEFAULT_CLUSTER_ROLES, DEFAULT_ROLE_BINDINGS, DEFAULT_ROLES } from './default-role-table.js';
import type { PolicyRule, RoleRef, Subject } from './policy.js';

interface RbacMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface AggregationRule {
  readonly clusterRoleSelectors: readonly { readonly matchLabels: Readonly<Record<string, string>> }[];
}

export interface RoleObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'Role' | 'ClusterRole';
  readonly metadata: RbacMetadata;
  /** null where an aggregation rule says what there is. */
  readonly rules: readonly PolicyRule[] | null;
  readonly aggregationRule?: AggregationRule;
}

export interface BindingObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly metadata: RbacMetadata;
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

export interface DefaultRbacObjects {
  readonly clusterRoles: readonly RoleObject[];
  readonly clusterRoleBindings: readonly BindingObject[];
  readonly roles: readonly RoleObject[];
  readonly roleBindings: readonly BindingObject[];
}

/**
 * The roles and bindings that an API server of Kubernetes 1.36 creates. `view`, `edit` and `admin` have no rules until somebody aggregates
 * them, in a cluster its controller manager: see `aggregateClusterRoles`.
 */
export const defaultRbacObjects = (): DefaultRbacObjects => ({
  clusterRoles: [
    ...Object.keys(AGGREGATED).map(aggregatedRole),
    ...Object.entries(DEFAULT_CLUSTER_ROLES).map(
      ([name, rules]): RoleObject => ({
        ...roleHead('ClusterRole'),
        metadata: metadata(name, '', AGGREGATED_INTO[name]),
        rules: rules.map(readRule),
      }),
    ),
  ],
  clusterRoleBindings: [
    ...Object.entries(DEFAULT_CLUSTER_ROLE_BINDINGS).map(([name, subjects]) => clusterRoleBinding(name, subjects)),
    ...Object.keys(DEFAULT_CLUSTER_ROLES).flatMap((name) =>
      name.startsWith(CONTROLLER) ? [clusterRoleBinding(name, [`serviceaccount kube-system/${name.slice(CONTROLLER.length)}`])] : [],
    ),
  ],
  roles: Object.entries(DEFAULT_ROLES).map(([path, rules]): RoleObject => {
    const { namespace, name } = splitPath(path);
    return { ...roleHead('Role'), metadata: metadata(name, namespace), rules: rules.map(readRule) };
  }),
  roleBindings: Object.entries(DEFAULT_ROLE_BINDINGS).map(([path, [role = '', ...subjects]]): BindingObject => {
    const { namespace, name } = splitPath(path);
    return {
      ...bindingHead('RoleBinding'),
      metadata: metadata(name, namespace),
      subjects: subjects.map(readSubject),
      roleRef: { apiGroup: RBAC, kind: 'Role', name: role },
    };
  }),
});

const RBAC = 'rbac.authorization.k8s.io';
const API_VERSION = 'rbac.authorization.k8s.io/v1';
const CONTROLLER = 'system:controller:';
const AGGREGATE_TO = 'rbac.authorization.k8s.io/aggregate-to-';

/** Aggregated roles, with the role that their rules go into in turn. */
const AGGREGATED: Readonly<Record<string, string | undefined>> = { admin: undefined, edit: 'admin', view: 'edit' };
const AGGREGATED_INTO: Readonly<Record<string, string>> = {
  'system:aggregate-to-admin': 'admin',
  'system:aggregate-to-edit': 'edit',
  'system:aggregate-to-view': 'view',
};

const roleHead = <Kind extends RoleObject['kind']>(kind: Kind): { apiVersion: typeof API_VERSION; kind: Kind } => ({
  apiVersion: API_VERSION,
  kind,
});
const bindingHead = <Kind extends BindingObject['kind']>(kind: Kind): { apiVersion: typeof API_VERSION; kind: Kind } => ({
  apiVersion: API_VERSION,
  kind,
});

const aggregatedRole = (name: string): RoleObject => ({
  ...roleHead('ClusterRole'),
  metadata: metadata(name, '', AGGREGATED[name]),
  rules: null,
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE_TO}${name}`]: 'true' } }] },
});

const metadata = (name: string, namespace = '', aggregatedInto?: string): RbacMetadata => ({
  name,
  ...(namespace !== '' && { namespace }),
  labels: {
    'kubernetes.io/bootstrapping': 'rbac-defaults',
    ...(aggregatedInto !== undefined && { [`${AGGREGATE_TO}${aggregatedInto}`]: 'true' }),
  },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const clusterRoleBinding = (name: string, subjects: readonly string[]): BindingObject => ({
  ...bindingHead('ClusterRoleBinding'),
  metadata: metadata(name),
  ...(subjects.length > 0 && { subjects: subjects.map(readSubject) }),
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
});

const splitPath = (path: string): { namespace: string; name: string } => {
  const slash = path.indexOf('/');
  return { namespace: path.slice(0, slash), name: path.slice(slash + 1) };
};

const readSubject = (text: string): Subject => {
  const [kind, path = ''] = text.split(' ');
  if (kind === 'serviceaccount') return { kind: 'ServiceAccount', ...splitPath(path) };
  return { apiGroup: RBAC, kind: kind === 'user' ? 'User' : 'Group', name: path };
};

const readRule = (text: string): PolicyRule => {
  const [verbs = [], second = [], resources, resourceNames] = text.split('; ').map((part) => part.split(' '));
  if (resources === undefined) return { verbs, nonResourceURLs: second };
  return {
    verbs,
    apiGroups: second.map((group) => (group === 'core' ? '' : group)),
    resources,
    ...(resourceNames !== undefined && { resourceNames }),
  };
};
