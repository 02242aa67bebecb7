import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** The connections that somebody opens, and others for him. */
export interface OwnConnections {
  /** Ends them, and those that are still to come. */
  end(): void;
}

interface Opened {
  readonly sockets: Set<Socket>;
  isOver: boolean;
}

const opening = new AsyncLocalStorage<Opened>();
let isWatching = false;

const watch = (): void => {
  if (isWatching) return;
  isWatching = true;
  subscribe('net.client.socket', (message) => {
    const opened = opening.getStore();
    if (opened === undefined) return;
    const { socket } = message as { readonly socket: Socket };
    // It is told of before it connects, and `connect` brings back to life what was destroyed.
    if (opened.isOver) return process.nextTick(() => socket.destroy());
    opened.sockets.add(socket);
    socket.once('close', () => opened.sockets.delete(socket));
  });
};

/**
 * Calls something that opens connections by the ways of a library, which does not give them away. grpc-js keeps one to a server that has not begun to
 * speak HTTP/2, when its channel is closed: for as long as that server likes, and a probe would leave one behind each second.
 */
export const withOwnConnections = <T>(open: (connections: OwnConnections) => T): T => {
  watch();
  const opened: Opened = { sockets: new Set(), isOver: false };
  const end = (): void => {
    opened.isOver = true;
    for (const socket of opened.sockets) socket.destroy();
  };
  return opening.run(opened, () => open({ end }));
};
