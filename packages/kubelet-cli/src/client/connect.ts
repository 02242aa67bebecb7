import { connect } from 'node:net';
import { DEFAULT_API_SOCKET } from '@solo-kubelet/kubelet/defaults';
import type { SourceObject } from '@solo-kubelet/node-api';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { type CommandInput, textOption } from '../command.js';
import { namedApiSocket } from './api-socket.js';
import { createDaemonClient, type WaitOptions } from './daemon-client.js';
import type { NodeApiObject, NodeClient } from './node-client.js';

/** Who answers for the node: what the options name, else the running kubelet, else the container runtime. */
export const connectNode = async (input: CommandInput, io: CliIo): Promise<NodeClient> => {
  const server = textOption(input, 'server');
  if (server !== undefined)
    return createDaemonClient(await (await import('./server-endpoint.js')).serverEndpoint(server, input, io.env), told(io));
  const runtime = textOption(input, 'runtime-endpoint');
  if (runtime !== undefined) return runtimeClient(runtime);
  const socket = namedApiSocket(input, io);
  const path = socket ?? DEFAULT_API_SOCKET;
  if (socket !== undefined || (await answers(path))) {
    return createDaemonClient({ protocol: 'http:', connection: { socketPath: path } }, told(io));
  }
  const endpoint = io.env['CONTAINER_RUNTIME_ENDPOINT'] ?? (await usualEndpoint());
  print(io.stderr, `No kubelet answers at ${path}; asking the container runtime at ${endpoint}.\n`);
  return runtimeClient(endpoint);
};

/** Who sits at a terminal is told what is waited for. */
const told = ({ stderr }: CliIo): WaitOptions =>
  stderr.isTTY === true ? { onSlow: (where) => print(stderr, `waiting for the answer of ${where}\n`) } : {};

/** The runtime's client is loaded when it is asked: it is ten times the size of the kubelet's. */
const runtimeClient = async (endpoint: string): Promise<NodeClient> => (await import('./runtime-client.js')).createRuntimeClient(endpoint);

/** The container runtime of this machine: what is named, else the one that the running kubelet uses, else one in a usual place. */
export const runtimeEndpoint = async (input: CommandInput, io: CliIo): Promise<string> => {
  if (textOption(input, 'server') !== undefined) {
    throw new CliError({ code: 'CLI_USAGE', message: '--server: images of another machine can only be changed there' });
  }
  const named = textOption(input, 'runtime-endpoint') ?? io.env['CONTAINER_RUNTIME_ENDPOINT'];
  if (named !== undefined) return named;
  const configuration = await runningConfiguration(input, io);
  return configuration === undefined ? usualEndpoint() : String(configuration['containerRuntimeEndpoint']);
};

/** The configuration of the kubelet that runs; undefined when none answers. */
export const runningConfiguration = (input: CommandInput, io: CliIo): Promise<Readonly<Record<string, unknown>> | undefined> =>
  ofRunning(input, io, (client) => client.getConfiguration({ signal: io.interrupted }));

/** The objects of the kubelet that runs; none when none answers. */
export const runningObjects = async (input: CommandInput, io: CliIo): Promise<readonly NodeApiObject[]> =>
  (await ofRunning(input, io, (client) => client.listObjects({ signal: io.interrupted }))) ?? [];

/** The verified sources of the kubelet that runs; undefined when none answers. */
export const runningSources = (input: CommandInput, io: CliIo): Promise<readonly SourceObject[] | undefined> =>
  ofRunning(input, io, (client) => client.listSources({ signal: io.interrupted }));

const ofRunning = async <T>(input: CommandInput, io: CliIo, ask: (client: NodeClient) => Promise<T>): Promise<T | undefined> => {
  const socketPath = namedApiSocket(input, io) ?? DEFAULT_API_SOCKET;
  if (!(await answers(socketPath))) return undefined;
  await using client = createDaemonClient({ protocol: 'http:', connection: { socketPath } }, told(io));
  return await ask(client);
};

/** The socket of a container runtime in the usual places. Most commands never ask for it. */
export const usualEndpoint = async (): Promise<string> => (await import('@solo-kubelet/standalone-node/defaults')).usualEndpoint();

/** Whether somebody accepts connections on a unix socket. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
