// The compiler that judges types. It is TypeScript's native one, which takes a fifth of the time; tools that ask a
// compiler questions of their own (import-graph.cjs, knip, tests here) need the programming interface of the one before it, and build-types.mjs
// its sameness: of sources that are reached through node_modules the native one (7.0.2) leaves out other declarations each time.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript-7/package.json'))), 'bin', 'tsc');

spawn(process.execPath, [compiler, ...process.argv.slice(2)], { stdio: 'inherit' }).on('close', (status) => {
  process.exitCode = status ?? 1;
});
