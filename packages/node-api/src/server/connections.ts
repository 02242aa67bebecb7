import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectionLimits {
  /** Connections of one listener. */
  readonly total: number;
  /** Connections of one address. */
  readonly perPeer: number;
}

export interface Connection {
  /** What the kernel knows: under TLS, the bytes as they are on the wire. */
  readonly raw: Socket;
  /** What requests arrive on: under TLS another one, once the handshake is over. */
  socket: Duplex;
  /** Requests and sessions that are under way. */
  busy: number;
}

export interface Connections {
  /** Takes a new connection in; past a limit an idle stranger is disconnected for it, the oldest first, else the new one. */
  admit(raw: Socket): void;
  /** Tells that requests of a connection arrive on this socket. */
  secured(socket: Socket): Connection | undefined;
  /** Marks a connection as busy until the function it gives is called. */
  occupy(socket: Duplex): () => void;
  isBusy(socket: Duplex): boolean;
  all(): readonly Connection[];
}

const endpointOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Keeps count of a listener's connections. `isKnown` tells whether a connection has ever shown good credentials. */
export const createConnections = ({ total, perPeer }: ConnectionLimits, isKnown: (socket: Duplex) => boolean): Connections => {
  /** In order of arrival. */
  const connections = new Set<Connection & { readonly peer: string; readonly endpoint: string }>();
  const find = (socket: Duplex): Connection | undefined => [...connections].find((one) => one.socket === socket || one.raw === socket);
  const shed = (peer: string | undefined): boolean => {
    for (const one of connections) {
      if ((peer !== undefined && one.peer !== peer) || one.busy > 0 || isKnown(one.socket)) continue;
      connections.delete(one);
      one.raw.destroy();
      return true;
    }
    return false;
  };
  return {
    admit: (raw) => {
      const peer = raw.remoteAddress ?? '';
      const samePeer = [...connections].filter((one) => one.peer === peer).length;
      const room = samePeer >= perPeer ? shed(peer) : connections.size < total || shed(undefined);
      if (!room) return void raw.destroy();
      const connection = { raw, socket: raw as Duplex, busy: 0, peer, endpoint: endpointOf(raw) };
      connections.add(connection);
      raw.once('close', () => connections.delete(connection));
    },
    secured: (socket) => {
      const endpoint = endpointOf(socket);
      const connection = [...connections].find((one) => one.endpoint === endpoint);
      if (connection) connection.socket = socket;
      return connection;
    },
    occupy: (socket) => {
      const connection = find(socket);
      if (connection) connection.busy += 1;
      let over = false;
      return () => {
        if (connection && !over) connection.busy -= 1;
        over = true;
      };
    },
    isBusy: (socket) => (find(socket)?.busy ?? 0) > 0,
    all: () => [...connections],
  };
};
