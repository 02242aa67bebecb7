import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';

/** What the clients of a storm are told. */
export interface StormOrder {
  readonly clients: number;
  readonly seed: number;
  readonly ports: Readonly<Record<ListenerName, number>>;
  /** Of the role `read`, and of `exec`. */
  readonly readToken: string;
  readonly execToken: string;
  /** `NAMESPACE/POD/CONTAINER` of a container that has a shell and never stops talking. */
  readonly container: string;
}

export type ListenerName = 'tls' | 'readOnly' | 'healthz';

/** One client while it does its worst: where it comes from, and how it may connect. */
export interface Attacker {
  readonly order: StormOrder;
  random(): number;
  /** A connection to a listener, by TLS to that of the TLS port; what goes wrong on it is nobody's concern. */
  open(listener?: ListenerName, how?: { readonly plain?: boolean; readonly reads?: boolean }): Socket;
  /** Waits up to so long, or until the server has closed. */
  hold(socket: Socket, ms: number): Promise<void>;
}

const LISTENERS: readonly ListenerName[] = ['tls', 'readOnly', 'healthz'];
const LONGEST_HOLD_MS = 8_000;
const HOST = 'Host: x\r\n';
const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`;
const SPDY = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n';
const WEB_SOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n';
const exec = ({ order }: Attacker, query: string, upgrade: string): string =>
  get(`/exec/${order.container}?${query}`, `${bearer(order.execToken)}${upgrade}`);

const holdSome = (attacker: Attacker, socket: Socket): Promise<void> =>
  attacker.hold(socket, 200 + attacker.random() * (LONGEST_HOLD_MS - 200));
const randomBytes = ({ random }: Attacker, length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));

/** Sends something once, on a listener of its choice or any, and stays. */
const sends =
  (bytes: (attacker: Attacker) => string | Buffer, listener?: ListenerName, how?: { plain?: boolean; reads?: boolean }) =>
  async (attacker: Attacker): Promise<void> => {
    const socket = attacker.open(listener, how);
    socket.write(bytes(attacker));
    await holdSome(attacker, socket);
  };

/** Sends piece after piece, so that it never looks idle. */
const dribbles = (first: string, piece: string) => async (attacker: Attacker) => {
  const socket = attacker.open();
  socket.write(first);
  for (let piecesLeft = 40; piecesLeft > 0 && !socket.destroyed; piecesLeft -= 1) {
    socket.write(piece);
    await attacker.hold(socket, 200);
  }
};

/** The kinds of clients. Each acts once; a storm has it do so again and again. */
export const worstClients: Readonly<Record<string, (attacker: Attacker) => Promise<void>>> = {
  'a head that never ends': dribbles('GET /healthz HTTP/1.1\r\n', 'X-A: b\r\n'),
  'a body that never ends': dribbles('POST /pods HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\na\r\n'),
  'half of a request line': sends(() => 'GET /hea'),
  silence: sends(() => ''),
  'ends its half at once': async (attacker) => {
    const socket = attacker.open();
    socket.end(get('/healthz'));
    await holdSome(attacker, socket);
  },
  'keeps its half after a bad head': sends(() => 'NONSENSE\r\n\r\n'),
  'thousands of requests ahead': sends(() => get('/healthz').repeat(2_000)),
  'thousands of requests ahead, and is gone': async (attacker) => {
    const socket = attacker.open('readOnly');
    socket.write(get('/metrics').repeat(2_000), () => socket.resetAndDestroy());
    await holdSome(attacker, socket);
  },
  'asks for much and never reads': sends(() => get('/metrics').repeat(8), 'readOnly', { reads: false }),
  'a watch that is never read': sends(() => get('/pods?watch=true'), 'readOnly', { reads: false }),
  'a log that is followed and never read': sends(
    ({ order }) => get(`/containerLogs/${order.container}?follow=true`, bearer(order.readToken)),
    'tls',
    { reads: false },
  ),
  'an upgrade of nobody': sends(({ order }) => get(`/exec/${order.container}?output=1&command=id`, SPDY)),
  'an upgrade of a reader': sends(
    ({ order }) => get(`/exec/${order.container}?output=1&command=id`, bearer(order.readToken) + SPDY),
    'tls',
  ),
  'an upgrade to h2c': sends(() =>
    get('/healthz', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'),
  ),
  'plain HTTP where TLS is spoken': sends(() => get('/healthz'), 'tls', { plain: true }),
  'no handshake': sends(() => '', 'tls', { plain: true }),
  'a handshake that breaks off': async (attacker) => {
    const socket = attacker.open('tls');
    await attacker.hold(socket, 1 + attacker.random() * 5);
    socket.destroy();
    await attacker.hold(socket, 200);
  },
  'a TLS record of nonsense': sends((attacker) => Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1]), randomBytes(attacker, 511)]), 'tls', {
    plain: true,
  }),
  'random bytes': sends((attacker) => randomBytes(attacker, 1 + Math.floor(attacker.random() * 4_096))),
  'an exec that is abandoned': async (attacker) => {
    const socket = attacker.open('tls');
    socket.write(exec(attacker, 'input=1&output=1&command=cat', WEB_SOCKET));
    await attacker.hold(socket, 500 + attacker.random() * 2_000);
    socket.destroy();
    await attacker.hold(socket, 1_000);
  },
  'an exec of endless output that is never read': sends((attacker) => exec(attacker, 'output=1&command=yes', WEB_SOCKET), 'tls', {
    reads: false,
  }),
  'an exec of frames that are none': sends(
    (attacker) => Buffer.concat([Buffer.from(exec(attacker, 'input=1&output=1&command=cat', SPDY)), randomBytes(attacker, 2_048)]),
    'tls',
  ),
  'a head of a megabyte': sends(() => get('/healthz', `X: ${'a'.repeat(1 << 20)}\r\n`)),
  'thousands of headers': sends(() => get('/healthz', 'X-Y: z\r\n'.repeat(20_000))),
  'a reset': async (attacker) => {
    const socket = attacker.open('readOnly');
    await attacker.hold(socket, attacker.random() * 20);
    socket.resetAndDestroy();
    await attacker.hold(socket, 200);
  },
  'a body of gigabytes': sends(() => `POST /pods HTTP/1.1\r\n${HOST}Content-Length: 8589934592\r\n\r\n${'a'.repeat(65_536)}`),
  'two lengths of one body': sends(
    () => `POST /pods HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/pods')}`,
  ),
  'guesses of tokens': sends((attacker) => get('/pods', bearer(`guess-${attacker.random()}`)), 'tls'),
  'dear questions': sends(() => get('/stats/summary') + get('/metrics/cadvisor') + get('/pods'), 'readOnly'),
};

/** Small, fast and seeded: a client does the same things each time that it is told to. */
const randomFrom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Whose connections these are: addresses that no limit of one address covers. */
const ADDRESSES = 8;

/** Runs a storm until it is told to end; gives how often each kind acted. */
export const runStorm = async (order: StormOrder, signal: AbortSignal): Promise<Readonly<Record<string, number>>> => {
  const kinds = Object.entries(worstClients);
  const acts: Record<string, number> = {};
  const client = async (index: number): Promise<void> => {
    const random = randomFrom(order.seed + index);
    const [name, act] = kinds[index % kinds.length]!;
    const localAddress = `127.0.0.${2 + (index % ADDRESSES)}`;
    let open: Socket[] = [];
    const attacker: Attacker = {
      order,
      random,
      open: (listener = LISTENERS[Math.floor(random() * LISTENERS.length)]!, { plain = false, reads = true } = {}) => {
        const raw = connect({ host: '127.0.0.1', port: order.ports[listener], localAddress, allowHalfOpen: true });
        const socket = listener === 'tls' && !plain ? tlsConnect({ socket: raw, rejectUnauthorized: false }) : raw;
        for (const one of [raw, socket]) one.on('error', () => {}).on('close', () => socket.destroy());
        if (reads) socket.resume();
        open.push(raw, socket);
        return socket;
      },
      hold: (socket, ms) =>
        new Promise((resolve) => {
          const over = (): void => {
            clearTimeout(timer);
            socket.off('close', over);
            signal.removeEventListener('abort', over);
            resolve();
          };
          const timer = setTimeout(over, ms);
          socket.once('close', over);
          signal.addEventListener('abort', over);
        }),
    };
    // Not all in the same moment: the storm is as strong later on.
    await delay(random() * 2_000, undefined, { signal }).catch(() => {});
    while (!signal.aborted) {
      await act(attacker);
      acts[name] = (acts[name] ?? 0) + 1;
      for (const socket of open) socket.destroy();
      open = [];
      // A connection that is cut off at once is not tried again in the same instant: a kernel has ports for so many.
      await delay(50 + random() * 200, undefined, { signal }).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: order.clients }, (_, index) => client(index)));
  return acts;
};
