import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';
import { statusesIn } from './raw-socket.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);
const TOKEN = 'admin-token-0123456789ab';
/** Connections of one address at a time, of the 256 that it may have. */
const WAVE = 200;
const UPGRADE = 'GET /exec/default/web/app?output=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
const NONSENSE = `GET /exec/default/web/app?output=1%zz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nAuthorization: Bearer no\r\n\r\n`;

let directory: string;
let test: TestApi;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-refused-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${TOKEN},boss,admin\n`);
  test = await startApi({ port: 0, readOnlyPort: 0, tokenFile, view: fakeView({ pods: watchable([pod('web')]) }) });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const portOf = (listener: 'tls' | 'readOnly'): number => test.api.listeners[listener]?.port ?? 0;

/** A client that asks for an upgrade from an address of its own, and keeps its half whatever it is answered. Resolves with the whole answer. */
const refused = (listener: 'tls' | 'readOnly', localAddress: string, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const raw = connect({ host: '127.0.0.1', port: portOf(listener), localAddress, allowHalfOpen: true });
    const socket = listener === 'tls' ? tlsConnect({ socket: raw, rejectUnauthorized: false }) : raw;
    socket.allowHalfOpen = true;
    sockets.push(raw);
    let text = '';
    const whole = (): void => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      if (body.length === Number(/content-length: (\d+)/i.exec(head)?.[1] ?? -1)) resolve(text);
    };
    const over = (): void => resolve(`cut off: ${text}`);
    raw.on('error', over).on('close', over);
    socket.on('error', over).on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      whole();
    });
    socket.write(bytes);
  });

/** A good client of an address is answered though that address has as many refused ones as it may. */
const goodClientIsAnswered = async (localAddress: string): Promise<void> => {
  const [secure, open] = await Promise.all([
    ask({ tls: true, port: portOf('tls'), path: '/healthz', localAddress, headers: { authorization: `Bearer ${TOKEN}` } }),
    ask({ port: portOf('readOnly'), path: '/healthz', localAddress }),
  ]);
  expect([secure.status, open.status]).toEqual([200, 200]);
};

it(
  '5,000 refused upgrades whose clients keep their half: each reads its whole answer, and no good client waits for a place',
  async () => {
    const statuses = new Map<string, number>();
    for (let wave = 0; wave < 25 * FACTOR; wave += 1) {
      // Of few addresses in turn, so that both limits are met: that of an address, and that of the listener.
      const localAddress = `127.0.0.${1 + (wave % 8)}`;
      const listener = wave % 5 === 0 ? 'tls' : 'readOnly';
      const answers = await Promise.all(
        Array.from({ length: WAVE }, (_, index) => refused(listener, localAddress, index % 2 === 0 ? UPGRADE : NONSENSE)),
      );
      for (const answer of answers) {
        const what = `${listener} ${statusesIn(answer).join() || answer}`;
        statuses.set(what, (statuses.get(what) ?? 0) + 1);
      }
      await goodClientIsAnswered(localAddress);
      for (const socket of sockets.splice(0, sockets.length - 2 * WAVE)) socket.destroy();
    }
    expect(Object.fromEntries(statuses)).toEqual({ 'tls 401': 1_000 * FACTOR, 'readOnly 405': 4_000 * FACTOR });
  },
  120_000 * FACTOR,
);

it('refused ones of one address, more than it may have, make room for its good client at once', async () => {
  // All that the address may have are refused and keep their half: nobody waits until they are given up.
  const answers = await Promise.all(Array.from({ length: 256 }, () => refused('readOnly', '127.0.0.9', UPGRADE)));
  expect(new Set(answers.map((answer) => statusesIn(answer).join()))).toEqual(new Set(['405']));
  await goodClientIsAnswered('127.0.0.9');
});
