import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { expect, it } from 'vitest';
import { makeCertificate } from '../tls/make-certificate.js';
import { createTurns } from './in-turn.js';
import { listenHttp, listenHttps } from './listeners.js';

it.each(['http', 'https'] as const)(
  '%s: of thousands of requests that came ahead together, none is parsed once the first of them have ended the connection',
  async (protocol) => {
    let [parsed, upgrades] = [0, 0];
    const inTurn = createTurns();
    const options = {
      headerTimeoutMs: 20_000,
      handler: {
        request: (request: IncomingMessage, response: ServerResponse) => {
          parsed += 1;
          // The first is under way for ever, so that the others wait.
          inTurn(request.socket, response, () => {});
        },
        upgrade: () => {
          upgrades += 1;
        },
      },
    };
    await using listener =
      protocol === 'http'
        ? await listenHttp('127.0.0.1', 0, options)
        : await listenHttps(
            '127.0.0.1',
            0,
            {
              pair: await makeCertificate({ hostname: 'localhost', notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 }),
            },
            options,
          );
    const where = { host: '127.0.0.1', port: listener.port ?? 0 };
    const socket = protocol === 'http' ? connect(where) : tlsConnect({ ...where, rejectUnauthorized: false });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
    await once(socket, 'close');
    // One that is answered, sixteen that wait, and the one that was too many.
    expect([parsed, upgrades]).toEqual([18, 0]);
  },
);
