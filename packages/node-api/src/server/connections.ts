import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasSaidAll } from './close-after-flush.js';

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
  /** Takes a new connection in. Past a limit a stranger's makes room (`chooseVictim`); where none can, the new one is ended. */
  admit(raw: Socket): void;
  /** Tells that requests of a connection arrive on this socket. */
  secured(socket: Socket): Connection | undefined;
  /** Marks a connection as busy until the function it gives is called. */
  occupy(socket: Duplex): () => void;
  isBusy(socket: Duplex): boolean;
  all(): readonly Connection[];
}

/** How long an answer to a stranger may be under way, ms, before it is worth less than a new connection. A watch lasts longer. */
const LONG_REQUEST_MS = 5_000;

interface Held extends Connection {
  readonly peer: string;
  readonly endpoint: string;
  busySinceMs: number;
}

export interface ConnectionsOptions {
  /** Whether a connection has ever shown good credentials: it makes room for nobody. */
  readonly isKnown: (socket: Duplex) => boolean;
  /** A steady clock, ms. Default: `performance.now`. */
  readonly now?: () => number;
}

const endpointOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Keeps count of a listener's connections. */
export const createConnections = (
  { total, perPeer }: ConnectionLimits,
  { isKnown, now = () => performance.now() }: ConnectionsOptions,
): Connections => {
  /** Each in order of arrival. */
  const all = new Set<Held>();
  const ofPeer = new Map<string, Set<Held>>();
  const ofSocket = new WeakMap<Duplex, Held>();
  const ofEndpoint = new Map<string, Held>();

  const forget = (one: Held): void => {
    all.delete(one);
    if (ofEndpoint.get(one.endpoint) === one) ofEndpoint.delete(one.endpoint);
    const siblings = ofPeer.get(one.peer);
    siblings?.delete(one);
    if (siblings?.size === 0) ofPeer.delete(one.peer);
  };
  /** The address that has most connections. */
  const crowd = (): Iterable<Held> => [...ofPeer.values()].reduce((most, next) => (next.size > most.size ? next : most), new Set<Held>());
  /**
   * Of strangers, the oldest first: one that was told all there was to say (a refused upgrade whose client keeps its half), then one that
   * asks for nothing, then one whose answer takes long (a watch), of the address that has most.
   */
  const chooseVictim = (among: Iterable<Held>): Held | undefined => {
    let idle: Held | undefined;
    for (const one of among) {
      if (isKnown(one.socket)) continue;
      if (hasSaidAll(one.socket)) return one;
      if (one.busy === 0) idle ??= one;
    }
    if (idle !== undefined) return idle;
    for (const one of among === all ? crowd() : among) {
      if (!isKnown(one.socket) && now() - one.busySinceMs > LONG_REQUEST_MS) return one;
    }
    return undefined;
  };
  const makeRoom = (peer: string): boolean => {
    const siblings = ofPeer.get(peer);
    const crowded = siblings !== undefined && siblings.size >= perPeer ? siblings : all.size >= total ? all : undefined;
    if (crowded === undefined) return true;
    const victim = chooseVictim(crowded);
    if (victim === undefined) return false;
    forget(victim);
    victim.raw.destroy();
    return true;
  };

  return {
    admit: (raw) => {
      const peer = raw.remoteAddress ?? '';
      if (!makeRoom(peer)) return void raw.destroy();
      const one: Held = { raw, socket: raw, busy: 0, busySinceMs: 0, peer, endpoint: endpointOf(raw) };
      all.add(one);
      ofSocket.set(raw, one);
      ofEndpoint.set(one.endpoint, one);
      ofPeer.set(peer, (ofPeer.get(peer) ?? new Set<Held>()).add(one));
      raw.once('close', () => forget(one));
    },
    secured: (socket) => {
      const one = ofEndpoint.get(endpointOf(socket));
      if (one === undefined) return undefined;
      one.socket = socket;
      ofSocket.set(socket, one);
      return one;
    },
    occupy: (socket) => {
      const one = ofSocket.get(socket);
      if (one === undefined) return () => {};
      if (one.busy === 0) one.busySinceMs = now();
      one.busy += 1;
      let over = false;
      return () => {
        if (!over) one.busy -= 1;
        over = true;
      };
    },
    isBusy: (socket) => (ofSocket.get(socket)?.busy ?? 0) > 0,
    all: () => [...all],
  };
};
