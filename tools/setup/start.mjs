#!/usr/bin/env node
// npm start: from a fresh clone on a bare Debian machine to running example Pods. Arguments go on to `kubelet-cli up`.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildImages, installDependencies, installSystemPackages, root } from './prepare.mjs';

await installSystemPackages();
await installDependencies();
await build();
const images = await buildImages();

// The nginx example mounts this directory in both directions, which needs a shared mount. Where systemd runs, every mount is one.
const exchange = '/tmp/solo-kubelet-letsencrypt';
const makeShared = () => {
  mkdirSync(exchange, { recursive: true });
  const isShared = execFileSync('findmnt', ['-nro', 'PROPAGATION', '-T', exchange], { encoding: 'utf8' }).startsWith('shared');
  if (isShared) return () => {};
  execFileSync('mount', ['--bind', exchange, exchange]);
  execFileSync('mount', ['--make-shared', exchange]);
  return () => {
    execFileSync('umount', ['-l', exchange]);
    rmSync(exchange, { recursive: true, force: true });
  };
};
const undo = makeShared();

const arguments_ = ['up', '--ephemeral', '--images', images, ...process.argv.slice(2), join(root, 'examples')];
const node = spawn(process.execPath, [join(root, 'packages/kubelet-cli/dist/bin.js'), ...arguments_], { stdio: 'inherit' });
// Ctrl-C reaches both from the terminal; a signal to this process alone is passed on. Either way the node cleans up and then ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => !process.stdin.isTTY && node.kill(signal));
node.on('exit', (status, signal) => {
  undo();
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 143));
});
