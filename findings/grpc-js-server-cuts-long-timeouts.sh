#!/usr/bin/env bash
# Library: @grpc/grpc-js 1.14.7 (Node.js 20), server side.
# Expected: a call with a time limit of 30 days is served: the gRPC protocol allows a `grpc-timeout` of up to 99999999 hours.
# Seen: the server ends a call that takes 0.3 s with DEADLINE_EXCEEDED, since it holds the limit, in ms, in a signed 32-bit number: 30 days become negative.
#       24 days are served.
# Source of the behaviour: build/src/server-interceptors.js, where the value of the header is multiplied by its unit and cut with `| 0`.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7 >/dev/null
cat > probe.cjs <<'JS'
const grpc = require('@grpc/grpc-js');
const same = (value) => value;
const method = { path: '/t.T/Echo', requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const server = new grpc.Server();
server.addService({ echo: method }, { echo: (call, done) => setTimeout(() => done(null, call.request), 300) });
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), async (error, port) => {
  if (error) throw error;
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const ask = (days) => new Promise((resolve) => {
    const deadline = Date.now() + days * 86_400_000;
    client.makeUnaryRequest(method.path, same, same, Buffer.from('x'), new grpc.Metadata(), { deadline }, (e) => resolve(e ? grpc.status[e.code] : 'OK'));
  });
  const answers = { 24: await ask(24), 30: await ask(30) };
  for (const [days, answer] of Object.entries(answers)) console.log(`a time limit of ${days} days: ${answer}`);
  process.exit(answers[24] === 'OK' && answers[30] === 'DEADLINE_EXCEEDED' ? 0 : 1);
});
JS
node probe.cjs
