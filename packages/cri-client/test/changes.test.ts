import { describe, expect, it } from 'vitest';
import { type ChangesOptions, type CriClient, createCriClient, type PodChange } from '../src/index.js';
import { createFakeCri, type FakeCri, type FakeCriOptions } from '../src/testing/index.js';
import { soon } from './soon.js';

const metadata = { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 };

interface Followed extends AsyncDisposable {
  readonly fake: FakeCri;
  readonly client: CriClient;
  readonly changes: readonly PodChange[];
}

/** A fake runtime and a client that collects its changes. */
const follow = async (fakeOptions: FakeCriOptions, options: ChangesOptions = {}): Promise<Followed> => {
  const fake = await createFakeCri({ images: [{ tags: ['busybox:1'] }], ...fakeOptions });
  const client = createCriClient({ endpoint: fake.endpoint });
  const controller = new AbortController();
  const changes: PodChange[] = [];
  const following = (async () => {
    for await (const change of client.changes({ signal: controller.signal, initialBackoffMs: 10, ...options })) changes.push(change);
  })();
  return {
    fake,
    client,
    changes,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await following;
      await client.close();
      await fake.close();
    },
  };
};
const runOne = async ({ client }: Followed) => {
  const { podSandboxId } = await client.runtime.runPodSandbox({ config: { metadata } });
  const config = { metadata: { name: 'app' }, image: { image: 'busybox:1' } };
  const { containerId } = await client.runtime.createContainer({ podSandboxId, config });
  await client.runtime.startContainer({ containerId });
  return { podSandboxId, containerId };
};
const feeds = (changes: readonly PodChange[]) => changes.flatMap((change) => (change.type === 'resync' ? [change.feed] : []));

describe('changes', () => {
  it('come from containerd’s own events on containerd, whatever its GetContainerEvents does', async () => {
    await using followed = await follow({ events: 'shared' });
    const { fake, changes } = followed;
    await soon(() => feeds(changes)).toEqual(['containerdEvents']);
    const { podSandboxId, containerId } = await runOne(followed);
    await followed.client.runtime.execSync({ containerId, cmd: ['true'] });
    fake.oomKill('app');
    await soon(() => changes.slice(1)).toEqual([
      { type: 'podChanged', containerId: podSandboxId, change: 'created' },
      { type: 'podChanged', containerId: podSandboxId, change: 'started' },
      { type: 'podChanged', containerId, change: 'created' },
      { type: 'podChanged', containerId, change: 'started' },
      { type: 'podChanged', containerId, change: 'other' },
      { type: 'podChanged', containerId, change: 'stopped', exit: { exitCode: 137, finishedAtMs: expect.any(Number) } },
      { type: 'podChanged', containerId, change: 'stopped' },
    ]);
    expect(fake.calls.map(({ method }) => method)).not.toContain('GetContainerEvents');
  });

  it('come from GetContainerEvents elsewhere, with the pod’s identity', async () => {
    await using followed = await follow({ runtimeName: 'cri-o' });
    await soon(() => feeds(followed.changes)).toEqual(['criEvents']);
    const { podSandboxId, containerId } = await runOne(followed);
    followed.fake.exitContainer('app', { exitCode: 1 });
    await soon(() => followed.changes.at(-1)).toEqual({ type: 'podChanged', containerId, podSandboxId, podUid: 'u1', change: 'stopped' });
  });

  it('fall back to GetContainerEvents on a containerd whose event service is out of reach', async () => {
    await using followed = await follow({ containerdEvents: false });
    await soon(() => feeds(followed.changes).at(-1)).toBe('criEvents');
  });

  it.each(['unimplemented', 'immediateEof'] as const)('say that there is no feed where events are %s', async (events) => {
    await using followed = await follow({ runtimeName: 'cri-o', events });
    await soon(() => feeds(followed.changes)).toEqual(['none']);
  });

  it('look for a feed again after a while', async () => {
    await using followed = await follow({ runtimeName: 'cri-o', unimplemented: ['GetContainerEvents'] }, { unsupportedRetryMs: 20 });
    await soon(() => feeds(followed.changes).at(-1)).toBe('none');
    followed.fake.unimplemented.clear();
    await soon(() => feeds(followed.changes).at(-1)).toBe('criEvents');
  });

  it.each(['containerd', 'cri-o'])('on %s subscribe again after the runtime’s restart and ask for a resync', async (runtimeName) => {
    await using followed = await follow({ runtimeName });
    await soon(() => feeds(followed.changes)).toHaveLength(1);
    await followed.fake.crash();
    await soon(() => followed.changes.at(-1)?.type).toBe('offline');
    await followed.fake.restart();
    await soon(() => feeds(followed.changes)).toHaveLength(2);
    expect(followed.changes.map(({ type }) => type)).toEqual(['resync', 'offline', 'resync']);
    await runOne(followed);
    await soon(() => followed.changes.at(-1)).toMatchObject({ type: 'podChanged', change: 'started' });
  });

  it('wait for a runtime that is not there yet', async () => {
    await using fake = await createFakeCri();
    await fake.crash();
    await using client = createCriClient({ endpoint: fake.endpoint });
    const first = client.changes({ initialBackoffMs: 10 })[Symbol.asyncIterator]();
    expect((await first.next()).value).toMatchObject({
      type: 'offline',
      reason: expect.stringContaining('cannot reach the container runtime'),
    });
    const resync = first.next();
    await fake.restart();
    expect((await resync).value).toMatchObject({ type: 'resync', feed: 'containerdEvents' });
    await first.return?.();
  });

  it('can be held to one feed, or to none', async () => {
    await using cri = await follow({}, { feed: 'criEvents' });
    await soon(() => feeds(cri.changes)).toEqual(['criEvents']);
    await using none = await follow({}, { feed: 'none' });
    await soon(() => feeds(none.changes)).toEqual(['none']);
  });

  it('end when the client is closed', async () => {
    await using fake = await createFakeCri();
    const client = createCriClient({ endpoint: fake.endpoint });
    for await (const change of client.changes({ signal: new AbortController().signal })) {
      expect(change.type).toBe('resync');
      await client.close();
    }
  });

  it('leave no subscription behind when the reader stops', async () => {
    await using fake = await createFakeCri();
    await using client = createCriClient({ endpoint: fake.endpoint });
    for await (const change of client.changes()) {
      expect(change.type).toBe('resync');
      expect(fake.subscribers.containerd).toBe(1);
      break;
    }
    await soon(() => fake.subscribers.containerd).toBe(0);
  });
});
