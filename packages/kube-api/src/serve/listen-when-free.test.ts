import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { listenHttps } from '@solo-kubelet/node-api';
import { expect, it } from 'vitest';
import { openNodeCa } from '../pki/node-ca.js';
import { listenWhenFree } from './listen-when-free.js';

const logger = () => {
  const told: string[] = [];
  return { told, logger: { ...silentLogger, warn: (_fields: object, message?: string) => void told.push(message ?? '') } };
};

it('waits for an address that somebody else has, says so once, and listens when it is free', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'listen-'));
  const other = createServer();
  const port = await new Promise<number>((resolve) => other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port)));
  const pair = await (await openNodeCa(directory, Date.now)).issueServer(['127.0.0.1']);
  const { told, logger: log } = logger();
  let attempts = 0;
  const listen = () =>
    listenHttps('127.0.0.1', port, { pair }, { headerTimeoutMs: 1_000, handler: { request: () => {}, upgrade: () => {} } });
  const listener = await listenWhenFree(
    () => {
      attempts += 1;
      if (attempts === 3) return new Promise<void>((resolve) => other.close(() => resolve())).then(listen);
      return listen();
    },
    { signal: new AbortController().signal, logger: log, pause: async () => {} },
  );
  expect({ port: listener.port, attempts, told }).toEqual({ port, attempts: 3, told: [expect.stringContaining('waits for its address')] });
  await listener[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

it('ends with the kubelet, and with any other error', async () => {
  const ending = new AbortController();
  const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
  const waiting = listenWhenFree(() => Promise.reject(taken), { signal: ending.signal, logger: silentLogger });
  ending.abort();
  await expect(waiting).rejects.toThrow('aborted');
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  await expect(listenWhenFree(() => Promise.reject(denied), { signal: new AbortController().signal, logger: silentLogger })).rejects.toBe(
    denied,
  );
});
