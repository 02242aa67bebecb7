// The compiler that judges types. It is TypeScript's native one, which takes a fifth of the time; tools that ask a
// compiler questions of their own (import-graph.cjs, knip, tests here) need the programming interface of the one before it, and build-types.mjs
// its sameness: of sources that are reached through node_modules the native one (7.0.2) leaves out other declarations each time.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript-7/package.json'))), 'bin', 'tsc');

/** Runs the compiler with these arguments, and gives its exit status. */
export const compileTypes = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiler, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await compileTypes(process.argv.slice(2));
