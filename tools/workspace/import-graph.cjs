// Who may import whom (docs/architecture.md). Values flow down these edges only; `import type` may also follow those in `types`.
// src/import-graph.test.ts breaks each of these rules on purpose.
const edges = {
  diagnostics: {},
  timers: {},
  'untrusted-files': { values: ['timers'] },
  'state-files': { values: ['diagnostics'] },
  'pod-spec': { values: ['diagnostics'] },
  selectors: { values: ['pod-spec'] },
  'object-spec': { values: ['diagnostics', 'pod-spec', 'selectors'] },
  'cluster-dns': { values: ['diagnostics', 'timers'] },
  'ingress-proxy': { values: ['diagnostics', 'timers', 'state-files', 'object-spec', 'selectors'] },
  'api-tables': { values: ['diagnostics', 'pod-spec', 'selectors'] },
  'api-protobuf': {},
  rbac: { values: ['pod-spec', 'selectors'] },
  'api-patch': {},
  workloads: {
    values: ['diagnostics/src/text', 'pod-spec', 'object-spec', 'selectors', 'timers/src/backoff'],
    subpaths: { rx: ['diagnostics', 'timers', 'state-files', 'manifest-source'] },
  },
  'service-network': {
    values: ['pod-spec', 'object-spec', 'selectors'],
    subpaths: { rx: ['diagnostics', 'timers', 'state-files', 'manifest-source'] },
  },
  'manifest-source': { values: ['diagnostics', 'timers', 'state-files', 'pod-spec', 'object-spec', 'untrusted-files'] },
  'verified-source': {
    values: ['diagnostics', 'timers', 'state-files', 'untrusted-files', 'pod-spec', 'object-spec', 'selectors', 'manifest-source'],
  },
  'api-server': {
    values: [
      'diagnostics/src/nesting',
      'timers',
      'pod-spec',
      'object-spec',
      'selectors',
      'api-patch',
      'api-protobuf',
      'api-tables',
      'rbac',
    ],
  },
  'cri-types': {},
  'cri-client': { values: ['diagnostics', 'timers', 'untrusted-files', 'cri-types'] },
  'cni-invoker': { values: ['diagnostics', 'timers', 'state-files', 'untrusted-files'] },
  'probe-engine': { values: ['diagnostics', 'timers', 'pod-spec'] },
  'probe-mqtt': { values: ['probe-engine'] },
  'pod-environment': { values: ['diagnostics', 'timers', 'state-files', 'pod-spec', 'untrusted-files'], types: ['cri-types'] },
  'pod-objects': {
    values: ['pod-spec', 'object-spec', 'manifest-source'],
    types: ['pod-environment'],
  },
  'pod-admission': {
    values: ['diagnostics', 'timers', 'state-files', 'untrusted-files', 'pod-spec', 'object-spec', 'manifest-source', 'pod-objects'],
  },
  reconciler: {
    // Of cri-client only what needs no client: how an async iterable becomes an Observable. Of manifest-source the maps that share their entries.
    values: [
      'diagnostics',
      'timers',
      'state-files',
      'pod-spec',
      'untrusted-files',
      'cri-client/src/rx',
      'manifest-source/src/versioned-map',
    ],
    types: ['manifest-source', 'probe-engine'],
    subpaths: { cri: ['cri-client', 'pod-environment', 'probe-engine'] },
  },
  'resource-managers': { values: ['diagnostics', 'state-files', 'pod-spec'], types: ['pod-environment'] },
  'device-plugins': { values: ['diagnostics', 'timers', 'state-files', 'pod-spec'] },
  'node-stats': { values: ['timers', 'untrusted-files'], types: ['pod-spec', 'cri-types'] },
  'node-api': {
    // Of cri-client only what needs no client: how logs are read.
    values: ['diagnostics', 'timers', 'pod-spec', 'untrusted-files', 'node-stats', 'cri-client/src/logs'],
    types: ['reconciler', 'cri-client'],
  },
  'cluster-client': { values: ['diagnostics', 'timers', 'untrusted-files', 'state-files'] },
  'kube-api': {
    values: [
      'diagnostics',
      'timers',
      'state-files',
      'untrusted-files',
      'pod-spec',
      'object-spec',
      'manifest-source',
      'api-server',
      'node-api',
    ],
    types: ['reconciler', 'node-stats'],
  },
  'control-plane': {
    values: ['diagnostics', 'timers', 'pod-spec', 'pod-objects', 'cluster-client', 'service-network'],
    types: ['manifest-source', 'reconciler', 'pod-environment'],
  },
  // The daemon: whatever works in one is below it, and no command line is.
  kubelet: {
    values: [
      'diagnostics',
      'timers',
      'state-files',
      'untrusted-files',
      'pod-spec',
      'object-spec',
      'workloads',
      'manifest-source',
      'verified-source',
      'pod-objects',
      'pod-admission',
      'cri-client',
      'cni-invoker',
      'device-plugins',
      'probe-engine',
      'pod-environment',
      'reconciler',
      'resource-managers',
      'node-stats',
      'node-api',
      'kube-api',
      'cluster-client',
      'control-plane',
      'service-network',
      'cluster-dns',
      'ingress-proxy',
    ],
  },
  // What makes a machine a node that a kubelet runs on.
  'standalone-node': {
    values: [
      'diagnostics',
      'timers',
      'state-files',
      'untrusted-files',
      'pod-spec',
      'object-spec',
      'cri-client',
      'pod-environment/src/cgroups',
      'kubelet',
    ],
    types: ['pod-environment', 'probe-engine'],
  },
  // A cluster in one process, for tests of whatever talks to one.
  'test-cluster': {
    values: ['diagnostics', 'timers', 'workloads', 'reconciler', 'api-server', 'service-network', 'kubelet', 'standalone-node'],
    types: ['pod-spec', 'object-spec', 'cri-client'],
  },
};
const inside = (name) => `^packages/${name}/`;
const source = (name) => `^packages/${name}/src/`;
/** Tests and test doubles may import anything. */
const tests = ['\\.test\\.ts$', '/testing/'];

/** From the files at `path`: values only from `values`, types also from `types`. */
const importsDown = (name, path, pathNot, values, types) => [
  {
    name: `${name}-imports-down`,
    severity: 'error',
    comment: `values only from: ${values.join(', ') || 'nothing'}`,
    from: { path, pathNot: [...tests, ...pathNot] },
    to: { path: '^packages/', pathNot: values.map(inside), dependencyTypesNot: ['type-only'] },
  },
  {
    name: `${name}-types-imports-down`,
    severity: 'error',
    comment: `types only from: ${[...values, ...types].join(', ') || 'nothing'}`,
    from: { path, pathNot: [...tests, ...pathNot] },
    to: { path: '^packages/', pathNot: [...values, ...types].map(inside), dependencyTypes: ['type-only'] },
  },
];

const packageRules = Object.entries(edges).flatMap(([name, { values = [], types = [], subpaths = {} }]) => [
  ...importsDown(
    name,
    source(name),
    Object.keys(subpaths).map((subpath) => `${source(name)}${subpath}/`),
    [name, ...values],
    types,
  ),
  ...Object.entries(subpaths).flatMap(([subpath, more]) =>
    importsDown(`${name}-${subpath}`, `${source(name)}${subpath}/`, [], [name, ...values, ...more], types),
  ),
]);

const pure = {
  path: [
    '/src/core/',
    '/src/[^/]+/core/',
    source('pod-spec'),
    source('object-spec'),
    source('selectors'),
    source('api-tables'),
    source('rbac'),
    source('api-patch'),
  ],
  pathNot: tests,
};

module.exports = {
  forbidden: [
    ...packageRules,
    {
      name: 'a-cluster-is-loaded-late',
      severity: 'error',
      comment:
        'Without --kubeconfig not a byte of what joins a cluster is loaded: packages/kubelet/src/cluster is imported when it is needed. What events a Node has is decided in one place, for the API of the node too: pure, and a file of its own.',
      from: { path: source('kubelet'), pathNot: [`${source('kubelet')}cluster/`, ...tests] },
      to: {
        path: [inside('cluster-client'), inside('control-plane'), `${source('kubelet')}cluster/`],
        pathNot: [`${source('control-plane')}events/`],
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    { name: 'nothing-imports-tools', severity: 'error', from: { path: '^packages/[^/]+/src/' }, to: { path: '^tools/' } },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types included: who wants to read one file must not have to read another that needs the first.',
      from: { path: '^packages/' },
      to: { circular: true },
    },
    {
      name: 'generated-code-stays-inside',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/gen/', pathNot: '^packages/$1/' },
    },
    {
      name: 'packages-by-name',
      severity: 'error',
      comment: 'Another package is imported by its name and through its public face, never by a path.',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/[^/]+/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'pure-core-no-packages',
      severity: 'error',
      comment:
        'Decisions are pure: nothing from npm (rxjs among it) under src/core, nor in pod-spec, object-spec, selectors, api-tables and rbac.',
      from: pure,
      to: { path: '(^|/)node_modules/' },
    },
    { name: 'pure-core-no-node', severity: 'error', from: pure, to: { dependencyTypes: ['core'] } },
    { name: 'everything-resolves', severity: 'error', from: { path: '^packages/[^/]+/src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['^packages/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@solo-kubelet/source', 'import', 'node', 'default'] },
  },
};
