#!/usr/bin/env bash
# Library: @grpc/grpc-js 1.14.7 (Node.js 20), client side.
# Expected: a unary call that is cancelled right after it was started opens no stream, or ends the one it opens.
# Seen: the callback reports CANCELLED at once, but the HTTP/2 stream is opened one turn later and stays open for as long as the server
#       does not answer: one live server call, and about 19 kB in the client, for every such call. A call that is cancelled one turn
#       later leaves nothing. Remedy: cancel again on the next turn.
# Source of the behaviour: build/src/resolving-call.js, getConfig: the child call is created after the promise of the metadata filters
#       has settled, without a look at whether the call has been cancelled meanwhile.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7 >/dev/null
cat > probe.cjs <<'JS'
const grpc = require('@grpc/grpc-js');
const same = (value) => value;
const method = { path: '/t.T/Wait', requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const CALLS = 50;
const turns = (count) => new Promise((resolve) => setTimeout(resolve, count));
const open = new Set();
const server = new grpc.Server();
server.addService({ wait: method }, {
  wait: (call) => {
    open.add(call);
    call.on('cancelled', () => open.delete(call));
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), async (error, port) => {
  if (error) throw error;
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  await new Promise((resolve, reject) => client.waitForReady(Date.now() + 10_000, (e) => (e ? reject(e) : resolve())));
  const round = async (cancel) => {
    const codes = await Promise.all(Array.from({ length: CALLS }, () => new Promise((resolve) => {
      const call = client.makeUnaryRequest(method.path, same, same, Buffer.alloc(0), (e) => resolve(e.code));
      cancel(call);
    })));
    if (codes.some((code) => code !== grpc.status.CANCELLED)) throw new Error(`codes ${codes}`);
    await turns(500);
    return open.size;
  };
  const later = await round((call) => setImmediate(() => setImmediate(() => call.cancel())));
  const atOnce = (await round((call) => call.cancel())) - later;
  console.log(`${CALLS} calls cancelled two turns later: ${later} still open at the server`);
  console.log(`${CALLS} calls cancelled at once:         ${atOnce} still open at the server`);
  process.exit(later === 0 && atOnce === CALLS ? 0 : 1);
});
JS
node probe.cjs
