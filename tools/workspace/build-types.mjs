#!/usr/bin/env node
// Writes the declarations (packages/*/dist/**/*.d.ts) of all packages in one pass of the compiler: a program a package
// would read the same sources eleven times. The layout of dist mirrors src, as tsup's does for the entry points.
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { packages } from './packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const entries = packages.flatMap((pkg) =>
  ['src/index.ts', ...Object.values(pkg.subpaths ?? {})].map((entry) => join(root, 'packages', pkg.name, entry)),
);

const outDir = join(root, 'packages');
const program = ts.createProgram(entries, { ...options, noEmit: false, emitDeclarationOnly: true, rootDir: outDir, outDir });
const host = ts.createCompilerHost(program.getCompilerOptions());
const writeDeclaration = (path, text) => {
  const [name, src, ...rest] = relative(outDir, path).split(sep);
  if (src !== 'src') throw new Error(`${path} is not under a package's src`);
  host.writeFile(join(outDir, name, 'dist', ...rest), text, false);
};
const { diagnostics } = program.emit(undefined, writeDeclaration, undefined, true);
const errors = [...ts.getPreEmitDiagnostics(program), ...diagnostics].filter((each) => each.category === ts.DiagnosticCategory.Error);
if (errors.length > 0) {
  console.error(ts.formatDiagnosticsWithColorAndContext(errors, { ...host, getNewLine: () => '\n' }));
  process.exitCode = 1;
}
