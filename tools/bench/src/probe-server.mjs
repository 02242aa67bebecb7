// Answers any request with 200 and hangs up, and on another port gRPC's health checks with SERVING. Tells its ports to the process that forked it.
import { createServer } from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const BACKLOG = 4_096;

const frame = (type, flags, stream, payload = '') => {
  const bytes = Buffer.from(payload, 'hex');
  return Buffer.concat([Buffer.from([0, bytes.length >> 8, bytes.length, type, flags, 0, 0, 0, stream]), bytes]);
};
/** As servers do, its settings before anything comes, and then the rest at once: the library's own server can't take a thousand connections a second. */
const SETTINGS = frame(4, 0, 0, '000500004000');
const SERVING = Buffer.concat([
  frame(4, 1, 0),
  // :status 200, content-type application/grpc.
  frame(1, 4, 1, '885f8b1d75d0620d263d4c4d6564'),
  // A HealthCheckResponse whose `status`, field 1, is SERVING.
  frame(0, 0, 1, '00000000020801'),
  // grpc-status 0, grpc-message empty.
  frame(1, 5, 1, '40889acac8b21234da8f013040899acac8b5254207317f00'),
]);
const PATH = '/grpc.health.v1.Health/Check';

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(ANSWER));
});
const health = createServer((socket) => {
  socket.on('error', () => {});
  socket.write(SETTINGS);
  socket.once('data', (request) => (request.includes(PATH) ? socket.write(SERVING) : socket.destroy()));
});
for (const one of [server, health]) {
  await new Promise((resolve) => one.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => resolve()));
}
process.send?.({ port: server.address().port, grpcPort: health.address().port });
