import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { expect, it } from 'vitest';
import { createRuntimeClient } from './runtime-client.js';

it('waits for a runtime that has not read its old pods yet, and tells of any other failure at once', async () => {
  await using fake = await createFakeCri();
  await using client = createRuntimeClient(fake.endpoint);
  for (const method of ['ListPodSandbox', 'ListContainers'])
    fake.fault({ method, type: 'error', code: 'UNAVAILABLE', message: 'server is not initialized yet', times: 2 });
  expect(await client.listPods({ signal: new AbortController().signal })).toEqual([]);
  fake.fault({ method: 'ListPodSandbox', type: 'error', code: 'UNKNOWN', message: 'broken', times: 1 });
  await expect(client.listPods({ signal: new AbortController().signal })).rejects.toThrow('broken');
});

it('waits no longer than its caller', async () => {
  await using fake = await createFakeCri();
  await using client = createRuntimeClient(fake.endpoint);
  fake.fault({ method: '*', type: 'error', code: 'UNKNOWN', message: 'server is not initialized yet', times: Number.POSITIVE_INFINITY });
  const caller = new AbortController();
  const asking = client.listImages({ signal: caller.signal });
  await fake.called('ListImages', 2);
  caller.abort(new Error('enough'));
  await expect(asking).rejects.toThrow();
});
