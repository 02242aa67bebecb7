import { describe, expect, it } from 'vitest';
import { defaultDeadlineMs } from './call-deadline.js';

describe('defaultDeadlineMs', () => {
  it.each([
    ['ListContainers', {}, 120_000],
    ['RunPodSandbox', {}, 240_000],
    ['StopContainer', { timeout: 30n }, 150_000],
    ['StopContainer', { timeout: 0n }, 120_000],
    ['StopContainer', { timeout: -1n }, 120_000],
    ['ExecSync', { timeout: 10n }, 130_000],
    ['ExecSync', { timeout: 0n }, undefined],
    ['ExecSync', {}, undefined],
    ['CheckpointContainer', { timeout: 600n }, 600_000],
    ['CheckpointContainer', { timeout: 1n }, 120_000],
    ['PullImage', {}, undefined],
    ['GetContainerEvents', {}, undefined],
    ['Subscribe', {}, undefined],
    ['StreamContainers', {}, 120_000],
  ])('%s %o: %s ms', (method, request, ms) => expect(defaultDeadlineMs(method, request, 120_000)).toBe(ms));
});
