// Answers any request with 200 and hangs up, and gRPC's health checks with SERVING. Tells its ports to the process that forked it.
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const BACKLOG = 4_096;
/** A HealthCheckResponse whose `status`, field 1, is SERVING. */
const SERVING = Buffer.from([8, 1]);

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(ANSWER));
});
const same = (bytes) => bytes;
const check = {
  path: '/grpc.health.v1.Health/Check',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const health = new Server();
health.addService({ check }, { check: (_call, reply) => reply(null, SERVING) });
const bound = await new Promise((resolve, reject) => {
  health.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error)));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => process.send?.({ port: server.address().port, grpcPort: bound }));
