#!/usr/bin/env node
// Writes the declarations (packages/*/dist/**/*.d.ts) of all packages in one pass of the compiler: a program a package
// would read the same sources eleven times. The layout of dist mirrors src, as tsup's does for the entry points.
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileTypes } from './compile-types.mjs';
import { packages } from './packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'packages');
/** The compiler writes `NAME/src/…` here: it knows one directory for all that it writes, and no other name for `src`. */
const written = join(root, '.cache', 'declarations');
const entries = packages.flatMap((pkg) =>
  ['src/index.ts', ...Object.values(pkg.subpaths ?? {})].map((entry) => join(sources, pkg.name, entry)),
);

await rm(written, { recursive: true, force: true });
await mkdir(written, { recursive: true });
const project = join(written, 'tsconfig.json');
const compilerOptions = {
  noEmit: false,
  emitDeclarationOnly: true,
  rootDir: sources,
  outDir: written,
  typeRoots: [join(root, 'node_modules', '@types')],
};
await writeFile(project, JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files: entries }));
const status = await compileTypes(['-p', project]);
if (status === 0) {
  const names = (await readdir(written, { withFileTypes: true })).filter((each) => each.isDirectory()).map((each) => each.name);
  await Promise.all(names.map((name) => cp(join(written, name, 'src'), join(sources, name, 'dist'), { recursive: true })));
}
await rm(written, { recursive: true, force: true });
process.exitCode = status;
