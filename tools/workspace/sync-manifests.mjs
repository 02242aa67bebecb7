#!/usr/bin/env node
// Writes every packages/*/package.json from packages.mjs so that they stay alike; `--check` fails on a difference instead.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT_URL, packages } from './packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check');

const entry = (source) => {
  const out = source.replace(/^src\//, './dist/').replace(/\.ts$/, '');
  return { '@solo-kubelet/source': `./${source}`, types: `${out}.d.ts`, default: `${out}.js` };
};

const manifest = (pkg, version) => {
  const peers = pkg.peerDependencies ?? {};
  const devDependencies = { ...pkg.devDependencies, ...peers };
  return {
    name: `@solo-kubelet/${pkg.name}`,
    version,
    description: pkg.description,
    keywords: ['kubernetes', 'kubelet', ...pkg.keywords],
    license: 'Apache-2.0',
    homepage: `${PROJECT_URL}/tree/main/packages/${pkg.name}#readme`,
    repository: { type: 'git', url: `git+${PROJECT_URL}.git`, directory: `packages/${pkg.name}` },
    bugs: `${PROJECT_URL}/issues`,
    type: 'module',
    sideEffects: false,
    ...(pkg.bin ? { bin: pkg.bin } : {}),
    exports: {
      '.': entry('src/index.ts'),
      ...Object.fromEntries(Object.entries(pkg.subpaths ?? {}).map(([key, source]) => [key, entry(source)])),
      ...pkg.assets,
      './package.json': './package.json',
    },
    files: ['dist', 'README.md', 'CHANGELOG.md', 'LICENSE', ...(pkg.files ?? [])],
    engines: { node: '>=20.19' },
    // Releases are published by the release workflow alone: provenance can be had nowhere else.
    publishConfig: { access: 'public', provenance: true },
    scripts: { build: 'tsup' },
    ...(Object.keys(pkg.dependencies).length ? { dependencies: pkg.dependencies } : {}),
    // None of them is optional: docs/decisions/209-every-package-brings-its-peers.md.
    ...(Object.keys(peers).length ? { peerDependencies: Object.fromEntries(Object.keys(peers).map((name) => [name, '^7.8.0'])) } : {}),
    ...(Object.keys(devDependencies).length ? { devDependencies } : {}),
  };
};

/** A call with a list of texts, as the formatter writes it: on one line where it fits. */
const callOf = (name, texts) => {
  const quoted = texts.map((text) => `'${text}'`);
  const line = `${name}([${quoted.join(', ')}]);`;
  return line.length <= LINE_WIDTH ? line : `${name}([\n${quoted.map((text) => `  ${text},\n`).join('')}]);`;
};
const LINE_WIDTH = 140;

const files = (pkg) => {
  const dir = join(root, 'packages', pkg.name);
  const manifestPath = join(dir, 'package.json');
  const version = existsSync(manifestPath) ? JSON.parse(readFileSync(manifestPath, 'utf8')).version : '0.1.0';
  const entries = ['src/index.ts', ...Object.values(pkg.subpaths ?? {}), ...(pkg.bin ? ['src/bin.ts'] : []), ...(pkg.entries ?? [])];
  return {
    [manifestPath]: `${JSON.stringify(manifest(pkg, version), null, 2)}\n`,
    [join(dir, 'tsup.config.ts')]: [
      "import { packageConfig } from '../../tools/workspace/tsup.js';",
      '',
      callOf('export default packageConfig', entries),
      '',
    ].join('\n'),
    [join(dir, 'tsconfig.json')]: '{\n  "extends": "../../tsconfig.base.json",\n  "include": ["src", "test"]\n}\n',
    [join(dir, 'LICENSE')]: readFileSync(join(root, 'LICENSE'), 'utf8'),
  };
};

let stale = 0;
for (const pkg of packages) {
  for (const [path, text] of Object.entries(files(pkg))) {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    stale += 1;
    if (check) {
      console.error(`stale: ${path} (run: pnpm sync-manifests)`);
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
