import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { build } from 'esbuild';
import type { TestNode } from '../kubelet/node.js';

const HOST_DIRECTORIES = ['/usr', '/lib', '/lib64'];

/** What a pod needs to run the machine's own programs: their directories, read-only, over the test image. */
const hostVolumes = HOST_DIRECTORIES.map((path) => ({ name: `host${path.replaceAll('/', '-')}`, hostPath: { path } }));
const hostMounts = HOST_DIRECTORIES.map((path) => ({ name: `host${path.replaceAll('/', '-')}`, mountPath: path, readOnly: true }));

/** A container of the machine's own programs, and the volumes that its pod needs. */
export const hostContainer = (name: string, command: readonly string[], more: { readonly directory: string }) => ({
  volumes: [...hostVolumes, { name: 'server', hostPath: { path: more.directory } }],
  container: {
    name,
    image: imageNames.busybox,
    command,
    volumeMounts: [...hostMounts, { name: 'server', mountPath: '/server' }],
  },
});

/**
 * gRPC's own health service on port 5000, by grpc-js under this machine's node: SERVING for the server and for `main`, NOT_SERVING for `broken`;
 * UNIMPLEMENTED on port 5001. With `tls`, a key and a certificate in PEM, the first by TLS on port 5002 as well.
 */
export const grpcServer = async (node: TestNode, name: string, tls?: { readonly key: string; readonly cert: string }) => {
  const directory = join(node.bed.directory, 'grpc-server');
  await mkdir(directory, { recursive: true });
  if (tls !== undefined) await writeFile(join(directory, 'tls.json'), JSON.stringify(tls), { mode: 0o600 });
  const resolveDir = dirname(createRequire(import.meta.url).resolve('@solo-kubelet/probe-engine/package.json'));
  await build({
    stdin: { contents: GRPC_SERVER, resolveDir, loader: 'ts' },
    outfile: join(directory, 'server.cjs'),
    bundle: true,
    platform: 'node',
  });
  return hostContainer(name, [process.execPath, '/server/server.cjs'], { directory });
};

const GRPC_SERVER = `
import { existsSync, readFileSync } from 'node:fs';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
const health = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: ({ service }) => Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]),
    requestDeserialize: (bytes) => ({ service: bytes.subarray(2).toString() }),
    responseSerialize: (serving) => Buffer.from([8, serving]),
    responseDeserialize: (bytes) => bytes[1],
  },
};
const states = { '': 1, main: 1, broken: 2 };
const healthy = new Server();
healthy.addService(health, {
  check: ({ request: { service } }, reply) => (service in states ? reply(null, states[service]) : reply({ code: status.NOT_FOUND, details: 'unknown service' })),
});
healthy.bindAsync('0.0.0.0:5000', ServerCredentials.createInsecure(), () => {});
if (existsSync('/server/tls.json')) {
  const { key, cert } = JSON.parse(readFileSync('/server/tls.json', 'utf8'));
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
  healthy.bindAsync('0.0.0.0:5002', ServerCredentials.createSsl(null, [pair]), () => {});
}
new Server().bindAsync('0.0.0.0:5001', ServerCredentials.createInsecure(), () => {});
process.on('SIGTERM', () => process.exit(0));
`;

const MOSQUITTO = '/usr/sbin/mosquitto';

/** Whether this machine has the broker of Debian's package mosquitto; said aloud where it has not. */
export const hasBroker = existsSync(MOSQUITTO);
if (!hasBroker) console.log('mosquitto is not installed (apt-get install mosquitto): MQTT is not probed');

/** The built package of our MQTT probe. */
export const mqttPlugin = join(dirname(createRequire(import.meta.url).resolve('@solo-kubelet/probe-mqtt/package.json')), 'dist/index.js');

/** Leaves a retained message with a broker: CONNECT, PUBLISH at QoS 1, and the two answers awaited. */
export const publish = async (host: string, topic: string, payload: string): Promise<void> => {
  const socket = connect({ host, port: 1883, timeout: 5_000 });
  socket.once('timeout', () => socket.destroy(new Error('the broker is silent')));
  try {
    socket.write(Buffer.from([0x10, 16, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 30, 0, 4, ...Buffer.from('test')]));
    await once(socket, 'data');
    const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from([0, 1]), Buffer.from(payload)]);
    socket.write(Buffer.concat([Buffer.from([0x33, body.length]), body]));
    await once(socket, 'data');
  } finally {
    socket.destroy();
  }
};

/** The machine's mosquitto on port 1883. */
export const mqttBroker = async (node: TestNode, name: string) => {
  const directory = join(node.bed.directory, 'mqtt-broker');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'mosquitto.conf'), 'listener 1883 0.0.0.0\nallow_anonymous true\nuser root\n');
  return hostContainer(name, [MOSQUITTO, '-c', '/server/mosquitto.conf'], { directory });
};
