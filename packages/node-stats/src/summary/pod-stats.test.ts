import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createUsageCache } from '../disk/usage-cache.js';
import { podStats } from './pod-stats.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pod-stats-'));
});
afterEach(() => rm(directory, { recursive: true }));

const KIB = 1024;
const sandbox = { uid: 'u', name: 'web', namespace: 'default', linux: undefined, containers: [] };

const statsOf = async (files: Readonly<Record<string, number>>) => {
  for (const [path, kib] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), 'x'.repeat(kib * KIB));
  }
  const pod = {
    metadata: { uid: 'u', name: 'web', namespace: 'default' },
    spec: {
      containers: [],
      volumes: [
        { name: 'disk', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
      ],
    },
  } as unknown as Pod;
  return podStats(sandbox, pod, {
    view: { nodeName: 'n', pods: { list: () => [pod] }, podLogsDirectory: join(directory, 'logs') },
    rootDirectory: directory,
    measuresVolumes: true,
    rateOf: () => undefined,
    usages: createUsageCache({ periodMs: 1, now: Date.now, signal: new AbortController().signal }),
    onlyCpuAndMemory: false,
    nowMs: 0,
    imageFs: { time: '', capacityBytes: 1, availableBytes: 1, usedBytes: 1 },
    rootFs: { time: '', capacityBytes: 5, availableBytes: 4, usedBytes: 1 },
  });
};

const volume = (kind: string, name: string): string => `pods/u/volumes/kubernetes.io~${kind}/${name}/file`;

it('tells of volumes of every kind that is made on the node', async () => {
  const { volume: volumes = [] } = await statsOf({
    [volume('empty-dir', 'disk')]: 4,
    [volume('configmap', 'settings')]: 4,
    [volume('secret', 'key')]: 4,
    [volume('downward-api', 'me')]: 4,
    [volume('projected', 'all')]: 4,
  });
  expect(volumes.map(({ name }) => name).sort()).toEqual(['all', 'disk', 'key', 'me', 'settings']);
});

it('counts what is on the disk of the node, and not what is in memory, as ephemeral storage', async () => {
  const before = (await statsOf({ [volume('empty-dir', 'disk')]: 4 }))['ephemeral-storage']?.usedBytes ?? 0;
  const grown = async (path: string): Promise<boolean> =>
    ((await statsOf({ [path]: 64 }))['ephemeral-storage']?.usedBytes ?? 0) >= before + 64 * KIB;
  expect(await grown(volume('empty-dir', 'memory'))).toBe(false);
  expect(await grown(volume('secret', 'key'))).toBe(false);
  expect(await grown(volume('configmap', 'settings'))).toBe(true);
});

it('counts files beside the logs of the containers', async () => {
  const stats = await statsOf({ 'logs/default_web_u/loose.log': 64 });
  expect(stats['ephemeral-storage']?.usedBytes).toBeGreaterThanOrEqual(64 * KIB);
});

it('has the room of the file system of the root directory for its ephemeral storage', async () => {
  expect((await statsOf({}))['ephemeral-storage']).toMatchObject({ capacityBytes: 5, availableBytes: 4 });
});
