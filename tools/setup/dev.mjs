#!/usr/bin/env node
// pnpm dev: the kubelet from source, with an inspector, started again whenever a source file changes. Arguments are those of kubelet-cli;
// without any, the examples run on a container runtime in memory.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const arguments_ = process.argv.length > 2 ? process.argv.slice(2) : ['up', '--runtime', 'memory', `${root}examples`];
/** Where the inspector listens: a port or `HOST:PORT`; port 0 is any free one. */
const inspect = process.env.DEV_INSPECT ?? '127.0.0.1:9229';
/** Further files whose change starts it again, such as its configuration: paths or globs, separated by commas. */
const watched = (process.env.DEV_WATCH ?? '').split(',').filter(Boolean);

// A process group of its own: from a terminal, Ctrl-C would reach the kubelet twice (from the terminal and from the watcher), and the second one
// means "end at once", which would leave its files behind.
const watcher = spawn(
  process.execPath,
  [
    fileURLToPath(import.meta.resolve('tsx/cli')),
    'watch',
    '--clear-screen=false',
    ...watched.map((path) => `--include=${path}`),
    `--inspect=${inspect}`,
    // Packages find each other's sources, as in tests.
    '--conditions=@solo-kubelet/source',
    `${root}packages/kubelet-cli/src/bin.ts`,
    ...arguments_,
  ],
  { stdio: ['ignore', 'inherit', 'inherit'], detached: true },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => watcher.kill(signal));
watcher.on('exit', (status, signal) => process.exit(status ?? (signal === 'SIGINT' ? 130 : 143)));
