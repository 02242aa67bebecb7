import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { expect, it } from 'vitest';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const liveBytes = async (): Promise<number> => {
  for (let round = 0; round < 5; round += 1) {
    collect();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed;
};

const CALLS = 5_000;
/** Most that a call may leave behind, bytes; the fake keeps a record of each in some 400. A call whose listener stays keeps 6,000. */
const MOST_BYTES = 1_000;

it(`leaves nothing behind after ${CALLS} calls under a signal that lives on`, async () => {
  const fake = await createFakeCri();
  await using client = createCriClient({ endpoint: fake.endpoint });
  const server = new AbortController();
  const call = async (): Promise<void> => {
    const gone = new AbortController();
    using joined = joinSignals([gone.signal, server.signal, timeoutSignal(60_000)]);
    await client.runtime.version({}, { signal: joined.signal });
  };
  const calls = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 50) await Promise.all(Array.from({ length: 50 }, call));
  };
  await calls(1_000);
  const before = await liveBytes();
  await calls(CALLS);
  expect((await liveBytes()) - before).toBeLessThan(CALLS * MOST_BYTES);
  await fake.close();
});
