#!/usr/bin/env node
// npm start: from a fresh clone on a bare Debian machine to running example Pods. Arguments go on to `kubelet-cli up`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { makeShared } from './make-shared.mjs';
import { build, buildImages, installDependencies, installSystemPackages, root } from './prepare.mjs';

await installSystemPackages();
await installDependencies();
await build();
const images = await buildImages();

// The nginx example mounts this directory in both directions, which needs a shared mount. Where systemd runs, every mount is one.
const exchange = '/tmp/solo-kubelet-letsencrypt';
const undo = makeShared(exchange);

const arguments_ = ['up', '--ephemeral', '--images', images, ...process.argv.slice(2), join(root, 'examples')];
// A process group of its own: from a terminal, Ctrl-C would reach it several times (from the terminal, from npm, from here), and the second
// one means "end at once", which would leave its Pods behind. It gets the first, and another only when the user insists.
const node = spawn(process.execPath, [join(root, 'packages/kubelet-cli/dist/bin.js'), ...arguments_], {
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: true,
});
const INSIST_MS = 2_000;
let passedOnAt = Number.NEGATIVE_INFINITY;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (performance.now() - passedOnAt < INSIST_MS) return;
    passedOnAt = performance.now();
    node.kill(signal);
  });
}
node.on('exit', (status, signal) => {
  undo();
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 143));
});
