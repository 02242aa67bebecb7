#!/usr/bin/env bash
# Program: Node.js 20.20.2 (npm package `node`).
# Expected: import() of a path with a symbolic link loads the module that the link leads to, under its real path, whatever happened before.
# Seen: after `rm` of a unix socket (node:fs/promises; it looks at the file by lstat first) the next import() keeps the link in the module's URL:
#       realpathSync stops at "a pipe or socket" by what the last lstat of anybody left in an array that the whole process shares.
# A module that was loaded already comes again, under a second name and with a state of its own. With the node_modules of pnpm, which are links, a
# CommonJS package that is imported so a second time had undefined exports, and a daemon that loads a part of itself late crashed at every other start after it was killed.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund node@20.20.2 >/dev/null
mkdir real other; ln -s ../real other/link
echo 'export const url = import.meta.url;' | tee real/module.mjs > other/first.mjs
cat > probe.mjs <<'JS'
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
await import('./other/first.mjs');
const server = createServer();
await new Promise((resolve) => server.listen('socket', resolve));
await rm('socket', { force: true });
const { url } = await import('./other/link/module.mjs');
server.close();
console.log(`Node.js ${process.versions.node}: imported as ${url.slice(url.lastIndexOf('/', url.length - 13) - 6)}`);
process.exit(url.includes('/other/link/') ? 0 : 1);
JS
./node_modules/.bin/node probe.mjs
