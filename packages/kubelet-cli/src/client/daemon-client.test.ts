import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDaemonClient } from './daemon-client.js';

let directory: string;
let socketPath: string;
let server: Server;
const accepted = new Set<Socket>();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'silent-'));
  socketPath = join(directory, 'api.sock');
  // Accepts, and never answers.
  server = createServer((socket) => void accepted.add(socket.on('error', () => {})));
  server.listen(socketPath);
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of accepted) socket.destroy();
  accepted.clear();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const signal = new AbortController().signal;

it('says what it waits for, and gives up after a while', async () => {
  const slow: string[] = [];
  const client = createDaemonClient(
    { protocol: 'http:', connection: { socketPath } },
    { onSlow: (where) => slow.push(where), noticeMs: 10, answerTimeoutMs: 200 },
  );
  await expect(client.listPods({ signal })).rejects.toMatchObject({
    message: `cannot reach the kubelet at ${socketPath}`,
    cause: { message: 'no answer within 0.2 s' },
  });
  expect(slow).toEqual([socketPath]);
});
