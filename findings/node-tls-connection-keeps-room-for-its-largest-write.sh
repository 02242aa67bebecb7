#!/usr/bin/env bash
# Library: Node.js 24.11.0 (npm package node; 20.20 does the same), node:https, server side.
# Expected: a connection on which nothing happens any more costs the same whatever was once sent on it.
# Seen: after an answer has begun with one write of 60 kB that the client has read, an idle connection holds more than 80 kB more than
#       after one of 10 bytes, until it is closed. It is native memory: the heap and its external memory are the same. Without TLS there
#       is no difference. Written in pieces of 15 kB, each after the one before was taken, the same bytes cost less than half of that.
# Source of the behaviour: src/crypto/crypto_bio.cc, NodeBIO: what OpenSSL has encrypted waits in buffers that are as large as what came
#       at once, and the last of them are kept for what comes next.
# Consequence: a server that holds many connections open for hours (watches, event streams) should write what they begin with in pieces.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund node@24.11.0 >/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost 2>/dev/null
cat > server.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
const tls = process.argv[2] === 'tls';
const held = [];
const answer = async (request, response) => {
  held.push(response);
  const [size, piece] = request.url.slice(1).split('/').map(Number);
  const bytes = Buffer.alloc(size, 'x');
  for (let at = 0; at < size; at += piece) await new Promise((taken) => response.write(bytes.subarray(at, at + piece), taken));
};
const server = tls ? createSecure({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, answer) : createPlain(answer);
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => {
  gc();
  setTimeout(() => {
    gc();
    process.send(Number(/Pss:\s+(\d+)/.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]));
  }, 500);
});
JS
cat > probe.mjs <<'JS'
import { fork } from 'node:child_process';
import { connect as plain } from 'node:net';
import { connect as secure } from 'node:tls';
const COUNT = 200;
/** kB of an idle connection on which `size` bytes were written, `piece` at a time. */
const costOf = async (kind, size, piece) => {
  const server = fork('server.mjs', [kind], { execArgv: ['--expose-gc'] });
  const next = () => new Promise((resolve) => server.once('message', resolve));
  const port = await next();
  const pss = () => (server.send('now'), next());
  const open = () => new Promise((resolve) => {
    const socket = kind === 'tls' ? secure({ port, host: '127.0.0.1', rejectUnauthorized: false }) : plain(port, '127.0.0.1');
    let seen = 0;
    socket.on('data', (chunk) => {
      seen += chunk.length;
      if (seen >= size) resolve();
    });
    socket.write(`GET /${size}/${piece} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  });
  for (let index = 0; index < 50; index += 1) await open();
  const before = await pss();
  for (let index = 0; index < COUNT; index += 1) await open();
  const after = await pss();
  server.kill();
  return Math.round((after - before) / COUNT);
};
const LARGE = 60_000;
const [small, large, pieces] = [await costOf('tls', 10, 10), await costOf('tls', LARGE, LARGE), await costOf('tls', LARGE, 15_000)];
const [plainSmall, plainLarge] = [await costOf('plain', 10, 10), await costOf('plain', LARGE, LARGE)];
console.log(`TLS:   ${small} kB after 10 bytes, ${large} kB after 60 kB at once, ${pieces} kB after 60 kB in pieces`);
console.log(`plain: ${plainSmall} kB after 10 bytes, ${plainLarge} kB after 60 kB at once`);
process.exit(large - small > 60 && plainLarge - plainSmall < 20 && pieces - small < (large - small) * 0.7 ? 0 : 1);
JS
PATH="$PWD/node_modules/.bin:$PATH" node probe.mjs
