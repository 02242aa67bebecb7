import { createSocket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { onAbort } from '@solo-kubelet/timers';
import type { Answerer } from './answer-query.js';
import type { ListenAddress } from './listen-address.js';

/** Answers datagrams at one address until the signal aborts; resolves to the port once it listens. Each address has a socket, so that an answer comes from where it was asked. */
export const listenUdp = (
  { address, port }: ListenAddress,
  answer: Answerer,
  { signal, onFailure }: { readonly signal: AbortSignal; readonly onFailure: (error: Error) => void },
): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address), lookup: asItIs });
    let listening = false;
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      socket.close();
    };
    const release = onAbort(signal, close);
    socket.on('error', (error) => {
      release();
      close();
      if (listening) onFailure(error);
      else reject(error);
    });
    socket.on('close', () => reject(signal.reason));
    socket.on('message', (message, { address: from, port: back }) => {
      if (back === 0) return;
      const reply = answer(message, { address: from, transport: 'udp' });
      const send = (bytes: Uint8Array | undefined): void => {
        // A client that has gone is no concern of the server.
        if (bytes !== undefined && !closed) socket.send(bytes, back, from, ignore);
      };
      if (reply instanceof Promise) reply.then(send, ignore);
      else send(reply);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      listening = true;
      resolve(socket.address().port);
    });
  });

/** Whoever is answered is an address: to look it up as a name would take a turn of the loop for every answer. */
const asItIs: NonNullable<SocketOptions['lookup']> = (address, _options, done) => done(null, address, isIPv6(address) ? 6 : 4);

const ignore = (): void => {};
