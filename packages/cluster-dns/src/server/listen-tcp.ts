import { createServer, type Socket } from 'node:net';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import { lengthPrefix } from '../forward/ask-upstream.js';
import type { Answerer } from './answer-query.js';
import type { ListenAddress } from './listen-address.js';

/** Connections at one time; of one client. */
const MAX_CONNECTIONS = 256;
const MAX_PER_CLIENT = 32;
/** A message must have come whole after this, ms; so must the next one of an open connection. */
const MESSAGE_MS = 10_000;
/** Questions of one connection that are being answered, and answers that a client has not taken, bytes. */
const MAX_PENDING = 64;
const MAX_UNREAD_BYTES = 256 * 1024;
/** Messages, and bytes of answers, of one connection before others are heard: a few dozen bytes may ask for 64 KiB, and a client sends as many ahead as it likes. */
const TURN_MESSAGES = 32;
const TURN_BYTES = 64 * 1024;

/** Answers messages by TCP, as many as a connection brings, until the signal aborts; resolves to the port once it listens. */
export const listenTcp = (
  { address, port }: ListenAddress,
  answer: Answerer,
  { signal, onFailure }: { readonly signal: AbortSignal; readonly onFailure: (error: Error) => void },
): Promise<number> =>
  new Promise((resolve, reject) => {
    const open = new Map<Socket, string>();
    const later = createLater();
    const server = createServer((socket) => {
      const client = socket.remoteAddress ?? '';
      const others = [...open.values()].filter((other) => other === client).length;
      socket.on('error', ignore);
      if (open.size >= MAX_CONNECTIONS || others >= MAX_PER_CLIENT) {
        socket.destroy();
        return;
      }
      open.set(socket, client);
      socket.on('close', () => open.delete(socket));
      serveConnection(socket, client, answer, later);
    });
    const release = onAbort(signal, () => {
      server.close();
      for (const socket of open.keys()) socket.destroy();
    });
    let listening = false;
    server.on('error', (error) => {
      release();
      if (!listening) return reject(error);
      server.close();
      for (const socket of open.keys()) socket.destroy();
      onFailure(error);
    });
    server.on('close', () => reject(signal.reason));
    server.listen({ host: address, port, ipv6Only: true, exclusive: true }, () => {
      listening = true;
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });

const serveConnection = (socket: Socket, client: string, answer: Answerer, later: (step: () => void) => void): void => {
  let received = Buffer.alloc(0);
  let pending = 0;
  let waits = false;
  const tooLate = (): (() => void) => longTimeout(() => socket.destroy(), MESSAGE_MS, { ref: false });
  let endTimer = tooLate();
  const send = (bytes: Uint8Array | undefined): void => {
    pending -= 1;
    if (bytes === undefined || socket.destroyed) return;
    socket.write(Buffer.concat([lengthPrefix(bytes), bytes]));
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
  };
  const nextMessage = (): Buffer | undefined => {
    if (received.length < 2 || received.length < received.readUInt16BE(0) + 2) return undefined;
    const message = received.subarray(2, received.readUInt16BE(0) + 2);
    received = received.subarray(message.length + 2);
    return message;
  };
  /** Nothing is read meanwhile, so that what waits has a bound. */
  const goOn = (when: (step: () => void) => void): void => {
    waits = true;
    socket.pause();
    when(() => {
      waits = false;
      answerWhatCame();
    });
  };
  const answerWhatCame = (): void => {
    const written = socket.bytesWritten;
    for (let messages = 0; !socket.destroyed; messages += 1) {
      if (socket.writableNeedDrain || messages >= TURN_MESSAGES || socket.bytesWritten - written >= TURN_BYTES) {
        goOn(socket.writableNeedDrain ? (step) => socket.once('drain', step) : later);
        return;
      }
      const message = nextMessage();
      if (message === undefined) break;
      endTimer();
      endTimer = tooLate();
      if (pending >= MAX_PENDING) {
        socket.destroy();
        return;
      }
      pending += 1;
      const reply = answer(message, { address: client, transport: 'tcp' });
      if (reply instanceof Promise) reply.then(send, () => send(undefined));
      else send(reply);
    }
    socket.resume();
  };
  socket.on('close', () => endTimer());
  socket.on('data', (data) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    if (!waits) answerWhatCame();
  });
};

/** Runs steps one by one, and lets everything else that is due in between. */
const createLater = (): ((step: () => void) => void) => {
  const steps: (() => void)[] = [];
  const next = (): void => {
    const step = steps.shift();
    if (steps.length > 0) setImmediate(next);
    step?.();
  };
  return (step) => {
    if (steps.push(step) === 1) setImmediate(next);
  };
};

const ignore = (): void => {};
