import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { build } from 'esbuild';
import type { TestNode } from '../kubelet/node.js';

const HOST_DIRECTORIES = ['/usr', '/lib', '/lib64'];

/** What a pod needs to run the machine's own programs: their directories, read-only, over the test image. */
const hostVolumes = HOST_DIRECTORIES.map((path) => ({ name: `host${path.replaceAll('/', '-')}`, hostPath: { path } }));
const hostMounts = HOST_DIRECTORIES.map((path) => ({ name: `host${path.replaceAll('/', '-')}`, mountPath: path, readOnly: true }));

/** A container of the machine's own programs, and the volumes that its pod needs. */
const hostContainer = (name: string, command: readonly string[], more: { readonly directory: string }) => ({
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
 * UNIMPLEMENTED on port 5001.
 */
export const grpcServer = async (node: TestNode, name: string) => {
  const directory = join(node.bed.directory, 'grpc-server');
  await mkdir(directory, { recursive: true });
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
new Server().bindAsync('0.0.0.0:5001', ServerCredentials.createInsecure(), () => {});
process.on('SIGTERM', () => process.exit(0));
`;

/** The machine's mosquitto on port 1883, with a retained \`up\` on the topic \`line/state\`. */
export const mqttBroker = async (node: TestNode, name: string) => {
  const directory = join(node.bed.directory, 'mqtt-broker');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'mosquitto.conf'), 'listener 1883 0.0.0.0\nallow_anonymous true\nuser root\n');
  return hostContainer(name, ['/usr/sbin/mosquitto', '-c', '/server/mosquitto.conf'], { directory });
};
