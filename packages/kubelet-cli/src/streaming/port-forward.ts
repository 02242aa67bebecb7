import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { openPortStream, type StreamEndpoint } from '@solo-kubelet/cri-client/streaming';
import { describeError } from '@solo-kubelet/diagnostics';
import { onAbort } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';

export interface PortForwardOptions {
  /** Where to open a session: asked for every connection, since a runtime's own address is good for one only. */
  readonly open: () => Promise<{ readonly endpoint: StreamEndpoint; readonly path: string }>;
  readonly localAddress: string;
  /** 0: any free port. */
  readonly localPort: number;
  readonly remotePort: number;
  readonly signal: AbortSignal;
  /** Told of a connection that failed; the others go on. */
  readonly onError?: (message: string) => void;
}

export interface PortForward extends AsyncDisposable {
  readonly localPort: number;
}

/**
 * Listens on a local port and carries each connection to a port of the pod. Every connection has a SPDY session of its own: a slow one
 * cannot hold up the others.
 */
export const forwardPort = async (options: PortForwardOptions): Promise<PortForward> => {
  const { localAddress, localPort, signal, onError } = options;
  // Every connection listens to the one signal while it lasts.
  setMaxListeners(0, signal);
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.on('error', () => {});
    carry(client, options).catch((error: unknown) => {
      client.destroy();
      if (!signal.aborted) onError?.(describeError(error));
    });
  });
  await listen(server, localAddress, localPort);
  let release = (): void => {};
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      release();
      server.close(() => resolve());
      for (const client of clients) client.destroy();
    });
  release = onAbort(signal, () => void close());
  const bound = server.address();
  return { localPort: typeof bound === 'object' && bound !== null ? bound.port : localPort, [Symbol.asyncDispose]: close };
};

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new CliError({
          code: 'CLI_PORT_IN_USE',
          message: `cannot listen on ${host}:${port}`,
          hint:
            (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' || (cause as NodeJS.ErrnoException).code === 'EACCES'
              ? 'Choose another local port as LOCAL:REMOTE, or any free one with :REMOTE.'
              : '--address takes an address of this machine.',
          cause,
        }),
      ),
    );
    server.listen(port, host, () => resolve());
  });

const carry = async (client: Socket, { open, remotePort, signal }: PortForwardOptions): Promise<void> => {
  using stream = await openPortStream({ ...(await open()), port: remotePort, signal });
  client.once('close', () => stream[Symbol.dispose]());
  const both = Promise.allSettled([pipeline(client, stream.data), pipeline(stream.data, client)]);
  await Promise.race([both, stream.failure.then(() => both)]);
};
