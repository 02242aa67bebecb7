import type { Duplex } from 'node:stream';
import { collectReason } from './collect-reason.js';
import { createSpdyConnection } from './spdy-connection.js';
import { type StreamEndpoint, upgradeToSpdy } from './upgrade.js';

const PROTOCOL = 'portforward.k8s.io';

export interface PortStreamOptions {
  readonly endpoint: StreamEndpoint;
  /** Path and query of the port-forward. */
  readonly path: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** A connection to a port of a pod. Disposing ends it. */
export interface PortStream extends Disposable {
  /** Its bytes. Ending the writable side tells the pod that no more comes. */
  readonly data: Duplex;
  /** Resolves when the other side reports no failure any more; rejects with its words when it does. */
  readonly failure: Promise<void>;
}

let lastRequestId = 0;

/** Opens one connection to a port, with a SPDY session of its own: a slow one cannot hold up the others. */
export const openPortStream = async ({ endpoint, path, port, signal }: PortStreamOptions): Promise<PortStream> => {
  const { socket, head } = await upgradeToSpdy(endpoint, path, PROTOCOL, signal);
  const connection = createSpdyConnection(socket, head);
  lastRequestId += 1;
  const headers = { port: String(port), requestID: String(lastRequestId) };
  const errors = connection.createStream({ ...headers, streamType: 'error' });
  errors.end();
  const data = connection.createStream({ ...headers, streamType: 'data' });
  const failure = (async () => {
    const chunks: Buffer[] = [];
    await collectReason(errors, chunks);
    if (chunks.length > 0) throw new Error(Buffer.concat(chunks).toString('utf8').trim());
  })();
  // Whoever reads the data only is told by its end.
  failure.catch(() => {});
  return { data, failure, [Symbol.dispose]: () => void socket.destroy() };
};
