import { dockerConfigCredentials } from '@solo-kubelet/reconciler/cri';
import { lastValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { collectContainers } from '../garbage-collection/collect-containers.js';
import { imageCollector } from '../garbage-collection/image-collector.js';
import { rotateContainerLogs } from '../log-rotation/rotate-container-logs.js';
import { evictPods } from './evict-pods.js';

it.each([Number.NaN, -1, 0])('refuses %d ms between two turns, by the name of the option', async (intervalMs) => {
  const options = { intervalMs } as never;
  await expect(lastValueFrom(collectContainers(options))).rejects.toThrow(/^intervalMs must be/);
  await expect(lastValueFrom(evictPods(options))).rejects.toThrow(/^intervalMs must be/);
  expect(() => imageCollector(options)).toThrow(/^intervalMs must be/);
  expect(() => rotateContainerLogs(options)).toThrow(/^intervalMs must be/);
});

it('refuses to keep credentials for NaN ms', () => {
  expect(() => dockerConfigCredentials({ configDirs: [], cacheMs: Number.NaN })).toThrow(/^cacheMs must be/);
});
