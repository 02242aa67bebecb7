#!/usr/bin/env bash
# Library: Node.js 24.11.0 (npm package node; 20.20 does the same), node:https, server side, requestCert with rejectUnauthorized: false.
# Expected: a server that asks for client certificates and lets everybody connect decides for itself: what is wrong with a certificate is in
#           `authorizationError`, and its answer, 401 perhaps, reaches the client whenever it comes.
# Seen: for a certificate whose issuer has the name of a trusted authority and another key, `authorizationError` says CERT_SIGNATURE_FAILURE,
#       and then the established connection has an error of its own, ERR_SSL_EVP_LIB. Without a listener for clientError the server ends the
#       connection (ECONNRESET at the client, or 400) and no answer arrives. With such a listener, which does nothing, the
#       connection goes on working in both directions. A certificate of an authority with another name is told of once.
# Source of the behaviour: OpenSSL leaves the verification's failure in its queue of errors, from which the first read after the handshake takes it
#       (src/crypto/crypto_tls.cc, TLSWrap::ClearOut).
# Consequence: a clientError with a code of ERR_SSL_ on a connection that has a request under way is not always the end of it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null && npm install --silent --no-audit --no-fund node@24.11.0 >/dev/null
new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@" 2>/dev/null; }
new -x509 -days 1 -subj /CN=authority -keyout trusted.key -out trusted.crt
new -x509 -days 1 -subj /CN=authority -keyout namesake.key -out namesake.crt
new -x509 -days 1 -subj /CN=stranger -keyout stranger.key -out stranger.crt
new -x509 -days 1 -subj /CN=localhost -keyout server.key -out server.crt
for issuer in namesake stranger; do
  new -subj /CN=client -keyout by-$issuer.key -out by-$issuer.csr
  openssl x509 -req -in by-$issuer.csr -CA $issuer.crt -CAkey $issuer.key -CAcreateserial -days 1 -out by-$issuer.crt 2>/dev/null
done
cat > probe.mjs <<'JS'
import { readFileSync as read } from 'node:fs';
import { createServer, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
/** What a server says of a client, and what the client gets. */
const ask = async (issuer, waitMs, listens) => {
  let why;
  const server = createServer(
    { key: read('server.key'), cert: read('server.crt'), ca: read('trusted.crt'), requestCert: true, rejectUnauthorized: false },
    async ({ socket }, response) => {
      why = socket.authorizationError?.code ?? socket.authorizationError;
      await delay(waitMs);
      response.writeHead(401).end();
    },
  );
  if (listens) server.on('clientError', () => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const isAnswered = await new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, agent: false, key: read(`by-${issuer}.key`), cert: read(`by-${issuer}.crt`) };
    request(options, (response) => resolve(response.resume().statusCode === 401)).on('error', () => resolve(false)).end();
  });
  server.closeAllConnections();
  server.close();
  console.log(`issued by the ${issuer}, answered after ${waitMs} ms, clientError ${listens ? 'listened to' : 'left alone'}: ${why}, ${isAnswered ? 'the client gets the answer' : 'the connection is ended instead'}`);
};
await ask('stranger', 200, false);
await ask('namesake', 0, false);
await ask('namesake', 200, false);
await ask('namesake', 200, true);
JS
seen=$(node_modules/.bin/node probe.mjs)
echo "$seen"
diff <(echo "$seen") - <<'TXT'
issued by the stranger, answered after 200 ms, clientError left alone: UNABLE_TO_VERIFY_LEAF_SIGNATURE, the client gets the answer
issued by the namesake, answered after 0 ms, clientError left alone: CERT_SIGNATURE_FAILURE, the connection is ended instead
issued by the namesake, answered after 200 ms, clientError left alone: CERT_SIGNATURE_FAILURE, the connection is ended instead
issued by the namesake, answered after 200 ms, clientError listened to: CERT_SIGNATURE_FAILURE, the client gets the answer
TXT
