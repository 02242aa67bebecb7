import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';

/** Where to connect to: a port of this machine, or a unix socket; by TLS with these options. */
export interface Where {
  readonly port?: number;
  readonly path?: string;
  readonly tls?: ConnectionOptions;
}

export const openRaw = ({ port, path, tls }: Where): Socket => {
  const where = path === undefined ? { host: '127.0.0.1', port: port ?? 0 } : { path };
  const socket = tls === undefined ? connect(where) : tlsConnect({ ...where, rejectUnauthorized: false, ...tls });
  socket.on('error', () => {});
  return socket;
};

/** Sends bytes as they are and gives all that comes back until the server closes; a server that never does fails the test. */
export const exchangeRaw = (where: Where, bytes: Uint8Array | string, { end = false, limitMs = 10_000 } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = openRaw(where);
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server kept the connection after ${JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, 300))}`));
    }, limitMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });

export const statusesIn = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
