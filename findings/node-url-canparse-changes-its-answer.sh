#!/usr/bin/env bash
# Program: Node.js 20.20.2 (npm package `node`).
# Expected: URL.canParse is a pure function: the same text gets the same answer every time.
# Seen: for a URL with a letter of Latin-1 (é) the answer turns from true to false after some thousands of calls of a loop, when the engine
#       compiles the loop and calls the native code by its fast path; `new URL` of the same text goes on to succeed.
# A guard that asks URL.canParse in a long-lived process refuses such URLs from then on.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund node@20.20.2 >/dev/null
cat > probe.cjs <<'JS'
const text = 'http://\u00e9/';
const ask = (t) => URL.canParse(t);
let first;
for (let call = 1; call <= 1_000_000 && first === undefined; call += 1) if (!ask(text)) first = call;
console.log(`Node.js ${process.versions.node}: canParse first said false at call ${first}; new URL: ${new URL(text).href}`);
process.exit(first > 1 ? 0 : 1);
JS
./node_modules/.bin/node probe.cjs
