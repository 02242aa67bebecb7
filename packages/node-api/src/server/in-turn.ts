import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that may wait on one connection while another is answered. No client of a kubelet sends that many ahead. */
const MAX_WAITING = 16;

/**
 * Answers the requests of each connection one at a time, in order, as Go's server does: node:http hands out pipelined requests all at
 * once. A client that sends more ahead than may wait is disconnected.
 */
export const createTurns = (): ((socket: Duplex, response: ServerResponse, start: () => void) => void) => {
  /** What waits, by connection; a connection that is in here is being answered. */
  const waiting = new WeakMap<Duplex, (() => void)[]>();
  return (socket, response, start) => {
    const begin = (): void => {
      response.once('close', () => {
        const next = socket.destroyed ? undefined : waiting.get(socket)?.shift();
        if (next) next();
        else waiting.delete(socket);
      });
      start();
    };
    const others = waiting.get(socket);
    if (others === undefined) {
      waiting.set(socket, []);
      begin();
    } else if (others.length < MAX_WAITING) others.push(begin);
    else socket.destroy();
  };
};
