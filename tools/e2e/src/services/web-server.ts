import { imageNames } from '@solo-kubelet-tools/images';

/** Answers with its name and what it was sent, says back what comes over a WebSocket, and lets pass whoever has the cookie. */
const SERVER = `
const { createHash } = require('node:crypto');
const server = require('node:http').createServer((request, response) => {
  if (request.url.startsWith('/verify')) {
    const passes = request.headers.cookie === 'session=good';
    response.writeHead(passes ? 202 : 401, passes ? { 'x-auth-request-user': 'ada' } : {});
    return response.end();
  }
  response.end(JSON.stringify({ name: process.env.NAME, url: request.url, headers: request.headers }));
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: Upgrade\\r\\nsec-websocket-accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => {});
});
server.listen(8080, '::');
process.on('SIGTERM', () => process.exit());
`;

/** A Pod that runs this machine's Node.js in a container: nothing has to be in an image for that. */
export const server = (name: string, app: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 5,
    volumes: [{ name: 'machine', hostPath: { path: '/' } }],
    containers: [
      {
        name: 'app',
        image: imageNames.busybox,
        imagePullPolicy: 'IfNotPresent',
        command: ['chroot', '/machine', process.execPath, '-e', SERVER],
        env: [{ name: 'NAME', value: name }],
        ports: [{ name: 'http', containerPort: 8080 }],
        volumeMounts: [{ name: 'machine', mountPath: '/machine', readOnly: true }],
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        // Nobody is cut off who still gets the rest of an answer.
        lifecycle: { preStop: { sleep: { seconds: 2 } } },
      },
    ],
  },
});
/** The Service of the Pods with its name as label `app`. */
export const service = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
});
