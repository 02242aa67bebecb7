/** A rule of a role. Lists that are absent are empty. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface RoleRef {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface Subject {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Binding {
  readonly name: string;
  /** `''` for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly roleRef: RoleRef;
  readonly subjects: readonly Subject[];
}

/** Roles and bindings, looked up. A store can be one itself; `createPolicy` makes one of lists of objects. */
export interface RbacPolicy {
  /** The rules of a Role; undefined if there is none of that name. */
  readonly role: (namespace: string, name: string) => readonly PolicyRule[] | undefined;
  readonly clusterRole: (name: string) => readonly PolicyRule[] | undefined;
  readonly clusterRoleBindings: () => readonly Binding[];
  readonly roleBindings: (namespace: string) => readonly Binding[];
}

/** Objects as they are stored, of any JSON; what is not a role or binding of that kind is read as far as it goes. */
export interface RbacObjects {
  readonly roles?: readonly unknown[];
  readonly clusterRoles?: readonly unknown[];
  readonly roleBindings?: readonly unknown[];
  readonly clusterRoleBindings?: readonly unknown[];
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown): readonly string[] => list(value).filter((item): item is string => typeof item === 'string');

/** The rules of a Role or ClusterRole. */
export const readRules = (role: unknown): readonly PolicyRule[] =>
  list(field(role, 'rules')).map((rule) => ({
    verbs: texts(field(rule, 'verbs')),
    apiGroups: texts(field(rule, 'apiGroups')),
    resources: texts(field(rule, 'resources')),
    resourceNames: texts(field(rule, 'resourceNames')),
    nonResourceURLs: texts(field(rule, 'nonResourceURLs')),
  }));

export const readRoleRef = (binding: unknown): RoleRef => {
  const roleRef = field(binding, 'roleRef');
  return { apiGroup: text(field(roleRef, 'apiGroup')), kind: text(field(roleRef, 'kind')), name: text(field(roleRef, 'name')) };
};

/** A RoleBinding or ClusterRoleBinding. */
export const readBinding = (binding: unknown): Binding => ({
  name: nameOf(binding),
  namespace: namespaceOf(binding),
  roleRef: readRoleRef(binding),
  subjects: list(field(binding, 'subjects')).map((subject) => ({
    kind: text(field(subject, 'kind')),
    name: text(field(subject, 'name')),
    namespace: text(field(subject, 'namespace')),
  })),
});

const nameOf = (object: unknown): string => text(field(field(object, 'metadata'), 'name'));
const namespaceOf = (object: unknown): string => text(field(field(object, 'metadata'), 'namespace'));

/** A policy of lists of objects. Aggregated roles count with the rules they have: see `aggregateRules`. */
export const createPolicy = ({ roles = [], clusterRoles = [], roleBindings = [], clusterRoleBindings = [] }: RbacObjects): RbacPolicy => {
  const key = (namespace: string, name: string): string => `${namespace}/${name}`;
  const rulesByRole = new Map(roles.map((role) => [key(namespaceOf(role), nameOf(role)), readRules(role)]));
  const rulesByClusterRole = new Map(clusterRoles.map((role) => [nameOf(role), readRules(role)]));
  const everywhere = clusterRoleBindings.map((binding) => ({ ...readBinding(binding), namespace: '' }));
  const byNamespace = new Map<string, Binding[]>();
  for (const binding of roleBindings.map(readBinding)) {
    const others = byNamespace.get(binding.namespace);
    if (others === undefined) byNamespace.set(binding.namespace, [binding]);
    else others.push(binding);
  }
  return {
    role: (namespace, name) => rulesByRole.get(key(namespace, name)),
    clusterRole: (name) => rulesByClusterRole.get(name),
    clusterRoleBindings: () => everywhere,
    roleBindings: (namespace) => byNamespace.get(namespace) ?? [],
  };
};
