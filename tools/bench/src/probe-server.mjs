// Answers any request with 200 and hangs up. Tells its port to the process that forked it.
import { createServer } from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const BACKLOG = 4_096;

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(ANSWER));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => process.send?.(server.address().port));
