import type { Readable, Writable } from 'node:stream';
import type { CriClient } from '../create-cri-client.js';
import { openPortStream, type PortStream } from './port-stream.js';
import { type RemoteCommandResult, runRemoteCommand, type TerminalSize } from './remote-command.js';
import type { StreamEndpoint } from './upgrade.js';

/** What a session is connected with. What is left out is not asked for. */
export interface SessionStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  /** Not used with a terminal: it has one output only. */
  readonly stderr?: Writable;
  /** Whether there is a terminal in the container. Default false. For `attach` it must be as in the container's config. */
  readonly tty?: boolean;
  /** Sizes of the terminal, the first at once. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  /** Ends the session; a process that was started with `exec` may go on. */
  readonly signal?: AbortSignal;
}

type Runtime = Pick<CriClient, 'runtime'>;

const neverAborted = new AbortController().signal;

/** Where a streaming URL that a runtime handed out is served. It is good for one visit. */
const addressOf = (url: string): { readonly endpoint: StreamEndpoint; readonly path: string } => {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const connection = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port || (secure ? 443 : 80) };
  return { endpoint: { protocol: secure ? 'https:' : 'http:', connection }, path: `${pathname}${search}` };
};

/** The flags that a request and its session share. */
const flagsOf = ({ stdin, stdout, stderr, tty = false }: SessionStreams) => ({
  tty,
  stdin: stdin !== undefined,
  stdout: stdout !== undefined,
  stderr: stderr !== undefined && !tty,
});

const converse = (url: string, { tty = false, signal = neverAborted, ...streams }: SessionStreams): Promise<RemoteCommandResult> =>
  runRemoteCommand({ ...streams, ...addressOf(url), tty, signal });

/** Runs a command in a container and stays connected until it ends. */
export const exec = async (
  { runtime }: Runtime,
  { containerId, cmd, ...streams }: SessionStreams & { readonly containerId: string; readonly cmd: readonly string[] },
): Promise<RemoteCommandResult> => {
  const { url } = await runtime.exec({ containerId, cmd: [...cmd], ...flagsOf(streams) }, { signal: streams.signal });
  return converse(url, streams);
};

/** Connects to the main process of a container until one of the two ends. */
export const attach = async (
  { runtime }: Runtime,
  { containerId, ...streams }: SessionStreams & { readonly containerId: string },
): Promise<RemoteCommandResult> => {
  const { url } = await runtime.attach({ containerId, ...flagsOf(streams) }, { signal: streams.signal });
  return converse(url, streams);
};

/** One connection to a port of a pod, on the loopback interface of its network namespace. */
export const portForward = async (
  { runtime }: Runtime,
  { podSandboxId, port, signal = neverAborted }: { readonly podSandboxId: string; readonly port: number; readonly signal?: AbortSignal },
): Promise<PortStream> => {
  const { url } = await runtime.portForward({ podSandboxId, port: [port] }, { signal });
  return openPortStream({ ...addressOf(url), port, signal });
};
