import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Http2Server } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CriClient, createCriClient } from '../src/index.js';
import { soon } from './soon.js';

let directory: string;
let server: Http2Server;
let client: CriClient;
/** Streams that a client opened: a runtime that never answers. */
let opened = 0;
let open = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'silent-cri-'));
  server = createServer().on('stream', (stream) => {
    opened += 1;
    open += 1;
    stream.on('error', () => {});
    stream.once('close', () => {
      open -= 1;
    });
    stream.resume();
  });
  await new Promise<void>((resolve) => server.listen(join(directory, 'cri.sock'), resolve));
});
beforeEach(async () => {
  client = createCriClient({ endpoint: join(directory, 'cri.sock') });
  await arrivedCall();
});
afterEach(() => client.close());
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

/** A call that reaches the runtime, and is given up there. Calls go out in order, so those before it have arrived too. */
const arrivedCall = async (): Promise<void> => {
  const controller = new AbortController();
  const before = opened;
  const call = client.runtime.version({}, { signal: controller.signal });
  await soon(() => opened).toBeGreaterThan(before);
  controller.abort('enough');
  await expect(call).rejects.toBe('enough');
};

it.each([
  ['a call', (signal: AbortSignal) => client.runtime.version({}, { signal })],
  ['a stream', (signal: AbortSignal) => client.runtime.getContainerEvents({}, { signal })[Symbol.asyncIterator]().next()],
])('leaves nothing open of %s that is given up within the turn it was made in', async (_, begin) => {
  for (let microtasks = 0; microtasks < 8; microtasks += 1) {
    const controller = new AbortController();
    const call = begin(controller.signal);
    for (let done = 0; done < microtasks; done += 1) await undefined;
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
  }
  await arrivedCall();
  await soon(() => open).toBe(0);
});
