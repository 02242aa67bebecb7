import { describe, expect, it } from 'vitest';
import {
  type ContainerStateChange,
  type ContainerStateChangesOptions,
  type CriClient,
  containerStateChanges,
  createCriClient,
} from '../src/index.js';
import { createFakeCri, type FakeCri, type FakeCriOptions } from '../src/testing/index.js';
import { soon } from './soon.js';

interface Followed extends AsyncDisposable {
  readonly fake: FakeCri;
  readonly cri: CriClient;
  readonly changes: readonly ContainerStateChange[];
}

const follow = async (
  fakeOptions: FakeCriOptions = {},
  options: ContainerStateChangesOptions = {},
  before: (cri: CriClient) => Promise<unknown> = async () => {},
): Promise<Followed> => {
  const fake = await createFakeCri({ images: [{ tags: ['busybox:1'] }], ...fakeOptions });
  const cri = createCriClient({ endpoint: fake.endpoint });
  await before(cri);
  const controller = new AbortController();
  const changes: ContainerStateChange[] = [];
  const following = (async () => {
    const stream = containerStateChanges(cri, { signal: controller.signal, initialBackoffMs: 10, relistMs: 20, ...options });
    for await (const change of stream) changes.push(change);
  })();
  return {
    fake,
    cri,
    changes,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await following;
      await cri.close();
      await fake.close();
    },
  };
};

const create = async (cri: CriClient, name = 'app'): Promise<string> => {
  const metadata = { name: `pod-of-${name}`, namespace: 'default', uid: name };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: { metadata } });
  const config = { metadata: { name }, image: { image: 'busybox:1' } };
  return (await cri.runtime.createContainer({ podSandboxId, config })).containerId;
};
const start = async (cri: CriClient, name?: string): Promise<string> => {
  const containerId = await create(cri, name);
  await cri.runtime.startContainer({ containerId });
  return containerId;
};
const told = (changes: readonly ContainerStateChange[]): readonly string[] =>
  changes.map((change) => `${change.container.metadata?.name} ${change.type}${change.type === 'exited' ? ` ${change.exitCode}` : ''}`);

describe('the state changes of containers', () => {
  it('tell a whole life, with an exit by itself, its code, reason and time', async () => {
    await using followed = await follow();
    const { fake, cri, changes } = followed;
    const containerId = await start(cri);
    await soon(() => told(changes)).toEqual(['app created', 'app started']);
    fake.oomKill('app');
    await soon(() => told(changes)).toEqual(['app created', 'app started', 'app exited 137']);
    const { status } = await cri.runtime.containerStatus({ containerId });
    expect(changes[2]).toMatchObject({ reason: 'OOMKilled', finishedAt: status?.finishedAt });
    await cri.runtime.removeContainer({ containerId });
    await soon(() => told(changes)).toEqual(['app created', 'app started', 'app exited 137', 'app removed']);
  });

  it('wait for the records of the runtime, which follow its events', async () => {
    await using followed = await follow({ recordLagMs: 120 });
    const { fake, cri, changes } = followed;
    await start(cri);
    await soon(() => told(changes)).toContain('app started');
    fake.exitContainer('app', { exitCode: 3 });
    await soon(() => told(changes)).toEqual(['app created', 'app started', 'app exited 3']);
  });

  it('begin with what is there', async () => {
    await using followed = await follow({}, {}, (cri) => start(cri));
    await soon(() => told(followed.changes)).toEqual(['app created', 'app started']);
  });

  it('come by listing where the runtime has no feed', async () => {
    await using followed = await follow({}, { feed: 'none' });
    const { fake, cri, changes } = followed;
    await start(cri);
    await soon(() => told(changes)).toContain('app started');
    fake.exitContainer('app', { exitCode: 0 });
    await soon(() => told(changes)).toEqual(['app created', 'app started', 'app exited 0']);
  });

  it('tell afterwards, once each, what happened while the runtime was away', async () => {
    await using followed = await follow();
    const { fake, cri, changes } = followed;
    await start(cri, 'a');
    await start(cri, 'b');
    await soon(() => told(changes).length).toBe(4);
    await fake.crash();
    fake.exitContainer('a', { exitCode: 7 });
    await fake.restart({ state: 'keep' });
    await soon(() => told(changes)).toContain('a exited 7');
    expect(told(changes)).toEqual(['a created', 'a started', 'b created', 'b started', 'a exited 7']);
  });

  it('do not say that a container started which never ran', async () => {
    await using followed = await follow({ containers: () => ({ startError: 'no such command' }) });
    const { cri, changes } = followed;
    await start(cri).catch(() => {});
    await soon(() => told(changes).some((text) => text.includes('exited'))).toBe(true);
    expect(told(changes).map((text) => text.split(' ')[1])).toEqual(['created', 'exited']);
  });

  it('pass on a failure that listing again cannot mend', async () => {
    const fake = await createFakeCri();
    await using cri = createCriClient({ endpoint: fake.endpoint });
    fake.fault({ method: 'ListContainers', type: 'error', code: 'PERMISSION_DENIED', message: 'not for you' });
    await expect(containerStateChanges(cri).next()).rejects.toThrow('not for you');
    await fake.close();
  });

  it('tell, though a little later, of what CRI-O removes with its sandbox without a word', async () => {
    await using followed = await follow({ personality: 'cri-o', events: 'perClient' });
    const { cri, changes } = followed;
    const metadata = { name: 'pod', namespace: 'default', uid: 'u1' };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config: { metadata } });
    const config = { metadata: { name: 'app' }, image: { image: 'busybox:1', userSpecifiedImage: 'busybox:1' } };
    const { containerId } = await cri.runtime.createContainer({ podSandboxId, config });
    await cri.runtime.startContainer({ containerId });
    await soon(async () => told(changes)).toEqual(['app created', 'app started']);
    await cri.runtime.stopPodSandbox({ podSandboxId });
    await soon(async () => told(changes)).toEqual(['app created', 'app started', 'app exited 137']);
    await cri.runtime.removePodSandbox({ podSandboxId });
    await soon(async () => told(changes)).toEqual(['app created', 'app started', 'app exited 137', 'app removed']);
  });
});
