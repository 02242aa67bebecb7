import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseEventSink } from './core/parse-event-sink.js';
import { mqttSink } from './mqtt-sink.js';

it('begins no connection once it is given up, be it while its password is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mqtt-sink-'));
  let connections = 0;
  const broker = createServer(() => {
    connections += 1;
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  try {
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, 's3cret\n');
    const { port } = broker.address() as { port: number };
    const parsed = parseEventSink(`mqtt://joe@127.0.0.1:${port}/t#passwordFile=${passwordFile}`);
    if ('error' in parsed || parsed.type !== 'mqtt') throw new Error('no MQTT sink');
    const sink = mqttSink(parsed, { nodeName: 'n' });
    const stop = new AbortController();
    const delivered = sink.deliver(['{}'], { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(delivered).rejects.toThrow('stopped');
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections).toBe(0);
  } finally {
    await new Promise((resolve) => broker.close(resolve));
    await rm(directory, { recursive: true });
  }
});
