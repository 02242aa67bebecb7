import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CriClient, CriError, createCriClient } from '../src/index.js';
import { createFakeCri, type FakeCri } from '../src/testing/index.js';

let fake: FakeCri;
let client: CriClient;
let podSandboxId: string;
const ids: string[] = [];

beforeEach(async () => {
  fake = await createFakeCri({ images: [{ tags: ['busybox'] }] });
  client = createCriClient({ endpoint: fake.endpoint });
  const config = { metadata: { name: 'web', namespace: 'default', uid: 'u', attempt: 0 } };
  ({ podSandboxId } = await client.runtime.runPodSandbox({ config }));
  ids.length = 0;
  for (const name of ['one', 'two']) {
    const made = await client.runtime.createContainer({
      podSandboxId,
      config: { metadata: { name, attempt: 0 }, image: { image: 'busybox' } },
      sandboxConfig: config,
    });
    ids.push(made.containerId);
  }
  fake.clearCalls();
});
afterEach(async () => {
  await client.close();
  await fake.close();
});
const called = (): readonly string[] => fake.calls.map(({ method }) => method);

it('removes a sandbox of whose containers tasks were left behind', async () => {
  for (const name of ['one', 'two']) fake.leaveTask(name);
  await client.runtime.removePodSandbox({ podSandboxId });
  expect([fake.sandboxes, fake.containers]).toEqual([[], []]);
  expect(called()).toEqual(['RemovePodSandbox', 'Delete', 'RemovePodSandbox', 'Delete', 'RemovePodSandbox']);
});

it('removes a container of which a task was left behind', async () => {
  fake.leaveTask('one');
  await client.runtime.removeContainer({ containerId: ids[0] ?? '' });
  expect(called()).toEqual(['RemoveContainer', 'Delete', 'RemoveContainer']);
});

it('kills a task that runs, and removes what it was of when asked again', async () => {
  fake.leaveTask('two', { running: true });
  const refused = await client.runtime.removePodSandbox({ podSandboxId }).catch((error: unknown) => error);
  expect(CriError.is(refused) && refused.message).toContain('cannot delete running task');
  expect(called()).toEqual(['RemovePodSandbox', 'Delete', 'Kill', 'RemovePodSandbox']);
  await client.runtime.removePodSandbox({ podSandboxId });
  expect(fake.sandboxes).toEqual([]);
});

it.each([
  ['another reason', 'container is in starting state'],
  ['no name', 'cannot delete running task : failed precondition'],
  ['a file whose name says so', 'unlinkat /v/cannot delete running task abc: failed precondition: operation not permitted'],
  ['another container', 'cannot delete running task abc: failed precondition'],
  ['a name that is none', 'cannot delete running task ../x: failed precondition'],
])('leaves a removal that fails for %s as it is', async (_, message) => {
  fake.fault({ method: 'RemoveContainer', type: 'error', code: 'UNKNOWN', message });
  await expect(client.runtime.removeContainer({ containerId: ids[0] ?? '' })).rejects.toThrow(message);
  expect(called()).toEqual(['RemoveContainer']);
});

it('ends with the removal that was given up', async () => {
  fake.leaveTask('one');
  fake.fault({ method: 'Delete', type: 'hang' });
  const controller = new AbortController();
  const removal = client.runtime.removeContainer({ containerId: ids[0] ?? '' }, { signal: controller.signal });
  await fake.called('Delete');
  controller.abort('enough');
  await expect(removal).rejects.toBe('enough');
  expect(called()).toEqual(['RemoveContainer', 'Delete']);
});
