import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerState, createCriClient, missingCalls } from '../src/index.js';
import { createFakeCri, type FakeCri } from '../src/testing/index.js';

const CHECKPOINTS = ['CheckpointContainer', 'CheckpointPod', 'RestorePod'];
let directory: string;
let fake: FakeCri;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cri-checkpoint-'));
  fake = await createFakeCri({ images: [{ tags: ['app:1'] }] });
});
afterEach(async () => {
  await fake.close();
  await rm(directory, { recursive: true, force: true });
});

const containerConfig = (name: string, attempt = 0) => ({
  metadata: { name, attempt },
  image: { image: 'app:1' },
  command: ['serve', name],
});
const sandboxConfig = (uid: string) => ({ metadata: { name: 'web', namespace: 'default', uid, attempt: 0 } });

const podOf = async (uid: string, names: readonly string[]) => {
  const cri = createCriClient({ endpoint: fake.endpoint });
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: sandboxConfig(uid) });
  const ids: string[] = [];
  for (const name of names) {
    const { containerId } = await cri.runtime.createContainer({ podSandboxId, config: containerConfig(name) });
    await cri.runtime.startContainer({ containerId });
    ids.push(containerId);
  }
  return { cri, podSandboxId, ids };
};

describe('the checkpoint of a pod', () => {
  beforeEach(() => {
    for (const call of CHECKPOINTS) fake.unimplemented.delete(call);
  });

  it('brings it back as another pod, its containers created', async () => {
    const { cri, podSandboxId, ids } = await podOf('uid-1', ['app', 'side']);
    await using _client = cri;
    await cri.runtime.checkpointPod({ podSandboxId, outputPath: directory, containerIds: ids });
    await cri.runtime.removePodSandbox({ podSandboxId });
    const restored = await cri.runtime.restorePod({
      checkpointPath: directory,
      config: sandboxConfig('uid-2'),
      containerConfigs: [containerConfig('side'), containerConfig('app')],
    });
    expect(restored.restoredContainers.map(({ name }) => name)).toEqual(['side', 'app']);
    for (const { containerId } of restored.restoredContainers) {
      const { status } = await cri.runtime.containerStatus({ containerId });
      expect(status?.state).toBe(ContainerState.CONTAINER_CREATED);
      await cri.runtime.startContainer({ containerId });
    }
    const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: restored.podSandboxId });
    expect(status?.metadata?.uid).toBe('uid-2');
  });

  it.each([
    ['of no container', { containerIds: [] }, 'CRI_INVALID_ARGUMENT'],
    ['into a directory with something in it', { outputPath: 'used' }, 'CRI_INVALID_ARGUMENT'],
    ['with options that the runtime does not know', { options: { leave: 'running' } }, 'CRI_INVALID_ARGUMENT'],
    ['of a container of nobody', { containerIds: ['nobody'] }, 'CRI_NOT_FOUND'],
  ])('is refused %s, and leaves nothing', async (_what, wrong: object, code) => {
    const { cri, podSandboxId, ids } = await podOf('uid-1', ['app']);
    await using _client = cri;
    if ('outputPath' in wrong) await writeFile(join(directory, 'used'), '');
    const request = {
      podSandboxId,
      outputPath: directory,
      containerIds: ids,
      ...wrong,
      ...('outputPath' in wrong && { outputPath: directory }),
    };
    await expect(cri.runtime.checkpointPod(request)).rejects.toMatchObject({ code });
    await expect(cri.runtime.restorePod({ checkpointPath: directory, containerConfigs: [containerConfig('app')] })).rejects.toMatchObject({
      code: 'CRI_INVALID_ARGUMENT',
    });
  });

  it('is no checkpoint of other containers or processes; what was begun goes again', async () => {
    const { cri, podSandboxId, ids } = await podOf('uid-1', ['app']);
    await using _client = cri;
    await cri.runtime.checkpointPod({ podSandboxId, outputPath: directory, containerIds: ids });
    const restore = (containerConfigs: readonly object[], runtimeHandler = '') =>
      cri.runtime.restorePod({
        checkpointPath: directory,
        config: sandboxConfig('uid-2'),
        runtimeHandler,
        containerConfigs: [...containerConfigs],
      });
    await expect(restore([containerConfig('other')])).rejects.toThrow('the checkpoint has the containers app, not other');
    await expect(restore([{ ...containerConfig('app'), command: ['sh'] }])).rejects.toThrow('another process');
    await expect(restore([containerConfig('app')], 'unknown')).rejects.toThrow('no runtime for "unknown"');
    expect(fake.sandboxes).toHaveLength(1);
  });
});

describe('missingCalls', () => {
  it('names what the runtime does not have, and changes nothing', async () => {
    await using cri = createCriClient({ endpoint: fake.endpoint });
    expect(await missingCalls(cri)).toEqual(
      [
        ...CHECKPOINTS,
        'ListMetricDescriptors',
        'ListPodSandboxMetrics',
        'StreamContainerStats',
        'StreamContainers',
        'StreamImages',
        'StreamPodSandboxMetrics',
        'StreamPodSandboxStats',
        'StreamPodSandboxes',
      ].sort(),
    );
    fake.unimplemented.clear();
    expect(await missingCalls(cri)).toEqual([]);
    expect([fake.sandboxes, fake.containers]).toEqual([[], []]);
  });

  it('does not take a runtime that is not there for one without calls', async () => {
    await using cri = createCriClient({ endpoint: fake.endpoint });
    await fake.crash();
    await expect(missingCalls(cri)).rejects.toMatchObject({ code: 'CRI_UNAVAILABLE' });
  });
});
