// Who may import whom (docs/architecture.md). Values flow down these edges only; `import type` may also follow the dotted ones.
const values = {
  diagnostics: [],
  'pod-spec': ['diagnostics'],
  'manifest-source': ['diagnostics', 'pod-spec'],
  'cri-client': ['diagnostics'],
  'cni-invoker': ['diagnostics'],
  'probe-engine': ['diagnostics', 'pod-spec'],
  'probe-mqtt': ['probe-engine'],
  'pod-environment': ['diagnostics', 'pod-spec'],
  reconciler: ['diagnostics', 'pod-spec'],
  'node-api': ['diagnostics', 'pod-spec'],
};
const own = (name) => `^packages/${name}/`;
const source = (name) => `^packages/${name}/(src|dist)/`;

module.exports = {
  forbidden: [
    ...Object.entries(values).map(([name, allowed]) => ({
      name: `${name}-imports-down`,
      severity: 'error',
      comment: `${name} may import values only from: ${allowed.join(', ') || 'nothing'}`,
      from: { path: source(name), pathNot: ['\\.test\\.ts$', '/testing/', '^packages/reconciler/src/cri/'] },
      to: {
        path: '^packages/',
        pathNot: [own(name), ...allowed.map(own)],
        dependencyTypesNot: ['type-only'],
      },
    })),
    { name: 'nothing-imports-tools', severity: 'error', from: { path: '^packages/[^/]+/src/' }, to: { path: '^tools/' } },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^packages/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'generated-code-stays-inside',
      severity: 'error',
      from: { pathNot: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/gen/' },
    },
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'Decisions are pure: no rxjs and no Node modules under src/core, and none of the latter in pod-spec at all.',
      from: { path: ['/src/core/', '^packages/pod-spec/src/'], pathNot: ['\\.test\\.ts$', '/testing/'] },
      to: { path: ['^rxjs', 'node_modules/rxjs'], dependencyTypes: ['core', 'npm', 'npm-peer', 'npm-dev'] },
    },
    {
      name: 'pure-core-no-node',
      severity: 'error',
      from: { path: ['/src/core/', '^packages/pod-spec/src/'], pathNot: ['\\.test\\.ts$', '/testing/'] },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['/dist/', 'node_modules'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@solo-kubelet/source', 'import', 'node', 'default'] },
  },
};
