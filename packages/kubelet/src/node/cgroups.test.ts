import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { describe, expect, it } from 'vitest';
import { cgroupDriver } from './cgroups.js';

const signal = new AbortController().signal;

describe('cgroupDriver', () => {
  it.each([
    ['systemd', 'cgroupfs', true, 'systemd'],
    ['cgroupfs', 'systemd', true, 'cgroupfs'],
    ['unimplemented', 'systemd', true, 'systemd'],
    ['unimplemented', 'cgroupfs', true, 'cgroupfs'],
    ['unimplemented', 'systemd', false, 'cgroupfs'],
  ] as const)('with a runtime that says %s, configured %s, systemd running %s: %s', async (says, configured, systemd, expected) => {
    const runtime = says === 'unimplemented' ? { unimplemented: ['RuntimeConfig'] } : { runtimeConfig: says };
    await using fake = await createFakeCri(runtime);
    await using cri = createCriClient({ endpoint: fake.endpoint });
    const options = { configured, logger: silentLogger, signal, hasSystemd: async () => systemd };
    expect(await cgroupDriver(cri, options)).toEqual({ driver: expected, runtimeTooOld: says === 'unimplemented' });
  });

  it.each([
    ['systemd', 'cgroupfs', 'systemd'],
    ['cgroupfs', 'systemd', 'cgroupfs'],
  ] as const)(
    'takes %s from the status of a containerd that has no RuntimeConfig, whatever is configured',
    async (says, configured, expected) => {
      await using fake = await createFakeCri({ unimplemented: ['RuntimeConfig'], infoCgroupDriver: says });
      await using cri = createCriClient({ endpoint: fake.endpoint });
      const options = { configured, logger: silentLogger, signal, hasSystemd: async () => true };
      expect(await cgroupDriver(cri, options)).toEqual({ driver: expected, runtimeTooOld: true });
    },
  );
});
