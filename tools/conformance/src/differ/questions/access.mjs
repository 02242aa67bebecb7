import { get, patchStep, post } from './steps.mjs';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'heidi', 'mallory', 'node1', ''];
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${RBAC}/namespaces/{{ns}}/roles`;
const BINDINGS = `${RBAC}/namespaces/{{ns}}/rolebindings`;

const some = (random, values, least = 1) => {
  const chosen = values.filter(() => random.chance(0.3));
  return chosen.length >= least ? chosen : [random.pick(values)];
};

const rule = (random) => ({
  apiGroups: some(random, ['', 'apps', '*', 'batch', 'rbac.authorization.k8s.io', 'policy']),
  resources: some(random, [
    'pods',
    'configmaps',
    'pods/log',
    'pods/*',
    '*/scale',
    '*',
    'deployments',
    'deployments/scale',
    'roles',
    'rolebindings',
    'serviceaccounts',
    '*/*',
  ]),
  verbs: some(random, [
    'get',
    'list',
    'watch',
    'create',
    'update',
    'patch',
    'delete',
    'deletecollection',
    '*',
    'bind',
    'escalate',
    'impersonate',
    'Get',
  ]),
  ...(random.chance(0.2) && { resourceNames: some(random, ['x', 'y', '']) }),
});

const role = (random, name) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules: Array.from({ length: 1 + random.below(2) }, () => rule(random)),
});

const subject = (random) =>
  random.pick([
    { kind: 'User', name: 'dave', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'User', name: 'heidi', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'User', name: 'dave' },
    { kind: 'Group', name: 'dev', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'Group', name: 'system:unauthenticated', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'ServiceAccount', name: 's', namespace: '{{ns}}' },
    { kind: 'ServiceAccount', name: 's' },
    { kind: 'User', name: '*', apiGroup: 'rbac.authorization.k8s.io' },
  ]);

const binding = (random, name) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: random.pick([
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r1' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r2' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'none' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    { kind: 'Role', name: 'r1' },
  ]),
  subjects: Array.from({ length: 1 + random.below(2) }, () => subject(random)),
});

const CONFIG_MAPS = '/api/v1/namespaces/{{ns}}/configmaps';
const PODS = '/api/v1/namespaces/{{ns}}/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/{{ns}}/deployments';

const attributes = (random) => ({
  namespace: random.pick(['{{ns}}', '{{ns}}', '', 'default']),
  verb: random.pick(['get', 'list', 'create', '*', 'delete', 'bind', '']),
  group: random.pick(['', 'apps', '*', 'rbac.authorization.k8s.io']),
  resource: random.pick(['pods', 'configmaps', 'deployments', '*', 'roles', '']),
  ...(random.chance(0.2) && { subresource: random.pick(['log', 'scale', '*']) }),
  ...(random.chance(0.2) && { name: random.pick(['x', 'y']) }),
  ...(random.chance(0.1) && { fieldSelector: { requirements: [{ key: 'metadata.name', operator: 'In', values: ['x'] }] } }),
  ...(random.chance(0.1) && { labelSelector: { rawSelector: random.pick(['a=b', 'a in (', '']) } }),
});

const review = (random) => {
  const kind = random.pick(['SelfSubjectAccessReview', 'SubjectAccessReview', 'LocalSubjectAccessReview']);
  const spec = {};
  if (random.chance(0.85)) spec.resourceAttributes = attributes(random);
  if (random.chance(0.25))
    spec.nonResourceAttributes = random.pick([
      { path: '/healthz', verb: 'get' },
      { path: '/api', verb: 'GET' },
      { path: '', verb: '' },
    ]);
  if (!kind.startsWith('Self') && random.chance(0.9)) {
    if (random.chance(0.8)) spec.user = random.pick(['dave', 'heidi', 'admin', 'system:serviceaccount:{{ns}}:s', '']);
    if (random.chance(0.3)) spec.groups = random.pick([['dev'], ['system:masters'], []]);
  }
  const version = {
    apiVersion: 'authorization.k8s.io/v1',
    kind,
    ...(random.chance(0.1) && { metadata: random.pick([{ name: 'x' }, { namespace: '{{ns}}' }]) }),
    spec,
  };
  const path = kind.startsWith('Local') ? 'namespaces/{{ns}}/localsubjectaccessreviews' : `${kind.toLowerCase()}s`;
  return post(`/apis/authorization.k8s.io/v1/${path}`, version);
};

const request = (random) => {
  const collection = random.pick([CONFIG_MAPS, PODS, DEPLOYMENTS, ROLES]);
  const step = random.pick([
    get(collection),
    get(`${collection}/x`),
    get(`${collection}/y`),
    get(`${collection}?fieldSelector=metadata.name%3Dx`),
    get(`${collection}?fieldSelector=metadata.name%3Dx&watch=0`),
    get(`${collection}/x/log`),
    get(`${collection}/x/scale`),
    get('/api/v1/nodes'),
    get('/api/v1/namespaces/{{ns}}'),
    get('/healthz'),
    get('/metrics'),
    post(collection, { metadata: { name: 'y' } }),
    patchStep(`${collection}/x`, 'merge-patch+json', { metadata: { labels: { a: 'b' } } }),
    patchStep(`${collection}/z?fieldManager=m`, 'apply-patch+yaml', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'z' } }),
    { method: 'PUT', path: `${collection}/w`, body: { metadata: { name: 'w' } } },
    { method: 'DELETE', path: `${collection}/x?dryRun=All` },
    { method: 'DELETE', path: `${collection}?dryRun=All` },
  ]);
  return step;
};

const IMPERSONATION = [
  { 'Impersonate-User': 'dave' },
  { 'Impersonate-User': 'system:serviceaccount:{{ns}}:s' },
  { 'Impersonate-User': 'dave', 'Impersonate-Group': 'dev' },
  { 'Impersonate-Group': 'dev' },
  { 'Impersonate-User': 'dave', 'Impersonate-Uid': 'u' },
  { 'Impersonate-User': 'dave', 'Impersonate-Extra-Scopes': 'a' },
  { 'Impersonate-User': 'system:anonymous' },
];

const RULES_REVIEW = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: '{{ns}}' } };

/** Rights that are given at random, who may do what by them, who may give them on, and what reviews say of them. Both servers must decide by RBAC. */
export const access = ({ random }) => {
  const steps = [
    post(ROLES, role(random, 'r1')),
    post(ROLES, role(random, 'r2')),
    post(BINDINGS, binding(random, 'b1')),
    post(BINDINGS, binding(random, 'b2')),
    post(CONFIG_MAPS, { metadata: { name: 'x' } }),
  ];
  for (let i = 0; i < 7; i++) {
    const user = random.pick(USERS);
    const way = random.below(12);
    const step =
      way < 5
        ? request(random)
        : way < 7
          ? review(random)
          : way < 8
            ? post(ROLES, role(random, `n${i}`))
            : way < 9
              ? post(BINDINGS, binding(random, `n${i}`))
              : way < 10
                ? patchStep(`${ROLES}/r1`, 'merge-patch+json', { rules: [rule(random)] })
                : way < 11
                  ? { ...request(random), headers: random.pick(IMPERSONATION) }
                  : post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', RULES_REVIEW);
    const headers = step.headers;
    steps.push({ ...step, user, ...(headers && { headers }), ...(i === 0 && { settle: true }) });
  }
  return { steps, setup: 'rbac' };
};
