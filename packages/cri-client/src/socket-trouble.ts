import { createConnection } from 'node:net';

export interface SocketTrouble {
  /** What the kernel says, such as `ENOENT`. */
  readonly code: string;
  readonly error: Error;
  readonly hint: string;
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'The socket does not exist. Is the container runtime running, and is this its socket?',
  ENOTDIR: 'Part of the socket path is not a directory. Check the endpoint.',
  ECONNREFUSED: 'The socket file is there but nobody listens. Is the container runtime running?',
  EACCES: 'No permission to open the socket. The runtime socket belongs to root.',
};

/** How long a local connect may take before it counts as fine, ms. */
const CONNECT_LIMIT_MS = 1_000;

/** Why a unix socket cannot be connected to; undefined when it can. gRPC tells this only as prose. */
export const findSocketTrouble = (path: string): Promise<SocketTrouble | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (trouble?: SocketTrouble): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.setTimeout(CONNECT_LIMIT_MS, () => settle());
    socket.once('connect', () => settle());
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'EUNKNOWN';
      settle({ code, error, hint: hints[code] ?? 'Check the runtime socket.' });
    });
  });
