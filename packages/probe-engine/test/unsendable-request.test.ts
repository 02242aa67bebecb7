import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { sendGet } from '../src/http/send-get.js';

/** A port that nothing listens on. */
const deadPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

it('a request that Node.js will not write is a failure, also when its connection then fails', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.prependListener('uncaughtException', note);
  try {
    const wire = { tls: false, hostname: '127.0.0.1', port: await deadPort(), target: '/', headers: [['X', ['\u0100']]] } as const;
    expect(await sendGet(wire, { signal: AbortSignal.timeout(2_000) })).toMatchObject({
      type: 'failed',
      why: expect.stringContaining('Invalid character'),
    });
    // As long as a refused connection takes to be told.
    const refused = await sendGet({ ...wire, headers: [] }, { signal: AbortSignal.timeout(2_000) });
    expect(refused).toMatchObject({ type: 'failed', why: expect.stringContaining('ECONNREFUSED') });
    expect(uncaught).toEqual([]);
  } finally {
    process.removeListener('uncaughtException', note);
  }
});
