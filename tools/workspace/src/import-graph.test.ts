import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGES = [
  'diagnostics',
  'pod-spec',
  'manifest-source',
  'cri-client',
  'pod-environment',
  'reconciler',
  'node-api',
  'cluster-client',
  'kubelet',
  'kubelet-cli',
];

/** Files of a small workspace: what may be, and one file for each way to break a rule. */
const FILES = {
  'packages/reconciler/src/allowed.ts': `
    import { index } from '@solo-kubelet/pod-spec';
    import type { Index } from '@solo-kubelet/manifest-source';
    export const allowed: Index = index;`,
  'packages/reconciler/src/cri/allowed.ts': "export { index as allowed } from '@solo-kubelet/pod-environment';",
  'packages/reconciler/src/imports-a-sibling.ts': "export { index as bad } from '@solo-kubelet/manifest-source';",
  'packages/reconciler/src/imports-cri-outside-cri.ts': "export { index as bad } from '@solo-kubelet/cri-client';",
  'packages/reconciler/src/imports-a-type-upwards.ts': "import type { Index } from '@solo-kubelet/kubelet-cli';\nexport type Bad = Index;",
  'packages/kubelet/src/imports-the-command-line.ts': "export { index as bad } from '@solo-kubelet/kubelet-cli';",
  'packages/kubelet/src/imports-a-cluster-early.ts': "export { index as bad } from '@solo-kubelet/cluster-client';",
  'packages/kubelet/src/cluster/join.ts': "export { index } from '@solo-kubelet/cluster-client';",
  'packages/kubelet/src/allowed-late.ts': `
    import type { Index } from '@solo-kubelet/cluster-client';
    export const allowed = async (): Promise<Index> => (await import('./cluster/join.js')).index;`,
  'packages/kubelet/src/eviction/core/imports-rxjs.ts': "import type { Observable } from 'rxjs';\nexport type Bad = Observable<1>;",
  'packages/reconciler/src/imports-by-path.ts': "export { index as bad } from '../../pod-spec/src/index.js';",
  'packages/reconciler/src/imports-tools.ts': "export { index as bad } from '../../../tools/testbed/src/index.js';",
  'packages/reconciler/src/imports-nothing.ts': "export { bad } from './not-there.js';",
  'packages/reconciler/src/core/imports-rxjs.ts': "import type { Observable } from 'rxjs';\nexport type Bad = Observable<1>;",
  'packages/reconciler/src/core/imports-node.ts': "export { hostname as bad } from 'node:os';",
  'packages/reconciler/src/imports-generated-code.ts': "export { bad } from '../../cri-client/src/gen/messages.js';",
  'packages/cri-client/src/gen/messages.ts': 'export const bad = 1;',
  'packages/diagnostics/src/first-of-a-cycle.ts': "export { second } from './second-of-a-cycle.js';\nexport const first = 1;",
  'packages/diagnostics/src/second-of-a-cycle.ts': "export { first as second } from './first-of-a-cycle.js';",
  'packages/diagnostics/src/first-of-two-types.ts':
    "import type { Second } from './second-of-two-types.js';\nexport type First = Second | 1;",
  'packages/diagnostics/src/second-of-two-types.ts': "import type { First } from './first-of-two-types.js';\nexport type Second = First[];",
  'tools/testbed/src/index.ts': "export { index } from '@solo-kubelet/kubelet-cli';",
};

const INDEX = 'export const index = 1;\nexport type Index = number;\n';
const writePackage = async (workspace: string, name: string): Promise<void> => {
  const directory = join(workspace, 'packages', name);
  await mkdir(join(directory, 'src'), { recursive: true });
  const exports = { '.': { '@solo-kubelet/source': './src/index.ts' } };
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: `@solo-kubelet/${name}`, type: 'module', exports }));
  await writeFile(join(directory, 'src', 'index.ts'), INDEX);
  await symlink(directory, join(workspace, 'node_modules', '@solo-kubelet', name));
};

const writeWorkspace = async (workspace: string): Promise<void> => {
  await mkdir(join(workspace, 'node_modules', '@solo-kubelet'), { recursive: true });
  await symlink(join(root, 'node_modules', 'rxjs'), join(workspace, 'node_modules', 'rxjs'));
  await writeFile(join(workspace, 'tsconfig.json'), JSON.stringify({ compilerOptions: { module: 'NodeNext' } }));
  await Promise.all(PACKAGES.map((name) => writePackage(workspace, name)));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
};

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Rules broken, by file. */
const brokenRules = async (workspace: string): Promise<Map<string, string[]>> => {
  const depcruise = join(root, 'node_modules', '.bin', 'depcruise');
  const config = join(root, 'tools', 'workspace', 'import-graph.cjs');
  // With a JSON report the exit status tells nothing: it is 0 whatever was found.
  const { stdout } = await promisify(execFile)(depcruise, ['--config', config, '-T', 'json', 'packages', 'tools'], { cwd: workspace });
  const { summary } = JSON.parse(stdout) as { summary: { violations: readonly Violation[] } };
  const broken = new Map<string, string[]>();
  for (const { from, rule } of summary.violations) broken.set(from, [...(broken.get(from) ?? []), rule.name].sort());
  return broken;
};

describe('the import graph', () => {
  let workspace = '';
  let broken: Map<string, string[]>;
  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'solo-kubelet-import-graph-'));
    await writeWorkspace(workspace);
    broken = await brokenRules(workspace);
  }, 60_000);
  afterAll(() => rm(workspace, { recursive: true, force: true }));

  it.each([
    ['reconciler/src/imports-a-sibling.ts', ['reconciler-imports-down']],
    ['reconciler/src/imports-cri-outside-cri.ts', ['reconciler-imports-down']],
    ['reconciler/src/imports-a-type-upwards.ts', ['reconciler-types-imports-down']],
    ['kubelet/src/imports-the-command-line.ts', ['kubelet-imports-down']],
    ['kubelet/src/imports-a-cluster-early.ts', ['a-cluster-is-loaded-late']],
    ['kubelet/src/eviction/core/imports-rxjs.ts', ['pure-core-no-packages']],
    ['reconciler/src/imports-by-path.ts', ['packages-by-name']],
    ['reconciler/src/imports-tools.ts', ['nothing-imports-tools']],
    ['reconciler/src/imports-nothing.ts', ['everything-resolves']],
    ['reconciler/src/core/imports-rxjs.ts', ['pure-core-no-packages']],
    ['reconciler/src/core/imports-node.ts', ['pure-core-no-node']],
    ['reconciler/src/imports-generated-code.ts', ['generated-code-stays-inside', 'packages-by-name', 'reconciler-imports-down']],
    ['diagnostics/src/first-of-a-cycle.ts', ['no-cycles']],
    ['diagnostics/src/first-of-two-types.ts', ['no-cycles']],
  ])('refuses %s', (file, rules) => {
    expect(broken.get(`packages/${file}`)).toEqual(rules);
  });

  it('lets values flow down, types along the dotted edges, and tools import anything', () => {
    expect([...broken.keys()].filter((file) => file.includes('allowed') || file.startsWith('tools/'))).toEqual([]);
  });
});
