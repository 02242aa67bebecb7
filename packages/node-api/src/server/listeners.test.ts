import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { makeCertificate } from '../tls/make-certificate.js';
import { listenHttps } from './listeners.js';

/** A record of TLS that nobody who has the keys made. */
const FORGED = Buffer.concat([Buffer.from([23, 3, 3, 0, 40]), Buffer.alloc(40, 7)]);

it('ends a connection that broke while an answer without an end was under way on it', async () => {
  const pair = await makeCertificate({ hostname: 'node', notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 });
  const answers: ServerResponse[] = [];
  await using listener = await listenHttps(
    '127.0.0.1',
    0,
    { pair },
    {
      handler: {
        request: (_, response) => {
          answers.push(response);
          response.write('begun');
        },
        upgrade: (_, socket) => socket.destroy(),
      },
      headerTimeoutMs: 5_000,
      isKnown: () => true,
    },
  );
  const raw = connect(listener.port!, '127.0.0.1');
  const client = connectTls({ socket: raw, rejectUnauthorized: false });
  client.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: node\r\n\r\n');
  await once(client, 'data');
  expect(answers).toHaveLength(1);
  const closed = once(answers[0]!, 'close');
  raw.write(FORGED);
  await closed;
});
