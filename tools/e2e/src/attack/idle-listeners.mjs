// The storm's target for comparison: ports of the same kinds behind which no Pods are. Every request is answered 401 at once.
// node idle-listeners.mjs CERT_AND_KEY_FILE; prints {"tls":PORT,"readOnly":PORT,"healthz":PORT} and ends with its standard input.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const pem = readFileSync(process.argv[2]);
const answer = (_request, response) => response.writeHead(401).end();
const upgrade = (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
const listen = (server) =>
  new Promise((resolve) => {
    server.on('upgrade', upgrade).on('clientError', (_error, socket) => socket.destroy());
    server.maxConnections = 1_024;
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
process.on('uncaughtException', () => {});
const [tls, readOnly, healthz] = await Promise.all([
  listen(createTlsServer({ cert: pem, key: pem }, answer)),
  listen(createServer(answer)),
  listen(createServer(answer)),
]);
process.stdin.resume().on('end', () => process.exit());
process.stdout.write(`${JSON.stringify({ tls, readOnly, healthz })}\n`);
