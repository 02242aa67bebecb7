import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { testPod } from '@solo-kubelet/pod-environment/testing';
import { expect, it } from 'vitest';
import { podUsages } from './pod-usages.js';

it('counts what a container writes to its termination message file', async () => {
  const rootDirectory = await mkdtemp(join(tmpdir(), 'solo-usages-'));
  try {
    const pod = testPod();
    const { uid } = pod.metadata;
    const usages = podUsages({
      cri: { runtime: { listContainerStats: async () => ({ stats: [] }) } } as unknown as CriClient,
      environment: { volumeUsage: async () => [] },
      rootDirectory,
      podLogsDirectory: join(rootDirectory, 'logs'),
      logger: silentLogger,
      now: () => 0,
      wallNow: () => 0,
    });
    const otherBytes = async () => {
      const found = await usages.limitedUsages(new Map([[pod, 'containers']]), { signal: new AbortController().signal });
      return [...found.values()][0]?.other?.bytes ?? 0;
    };
    const directory = join(rootDirectory, 'pods', uid, 'containers', 'app');
    await mkdir(directory, { recursive: true });
    const before = await otherBytes();
    await writeFile(join(directory, 'message'), Buffer.alloc(256 * 1024, 'x'));
    expect((await otherBytes()) - before).toBeGreaterThanOrEqual(256 * 1024);
  } finally {
    await rm(rootDirectory, { recursive: true, force: true });
  }
});
