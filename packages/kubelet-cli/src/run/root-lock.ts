import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { CliError } from '../cli-error.js';

/**
 * Holds a directory or file for this process alone, for as long as it lives: a socket in the kernel's abstract name space, which goes with
 * the process however it ends.
 * @throws CliError CLI_LOCKED while another process holds it
 */
export const lockPath = async (path: string): Promise<AsyncDisposable> => {
  const name = createHash('sha256')
    .update(await realpath(path).catch(() => path))
    .digest('hex')
    .slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(`\0solo-kubelet-${name}`);
    await once(server, 'listening');
  } catch (cause) {
    throw new CliError({
      code: 'CLI_LOCKED',
      message: `another kubelet is using ${path}`,
      hint: 'Stop that one first, or give this one another --root-dir.',
      cause,
    });
  }
  server.unref();
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
};
