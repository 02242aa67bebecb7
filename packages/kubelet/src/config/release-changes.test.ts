import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from './load-configuration.js';
import { refusedByRelease, releaseChanges } from './release-changes.js';

const load = async (configuration: object, argv: readonly string[] = []) => {
  const directory = await mkdtemp(join(tmpdir(), 'release-'));
  try {
    const path = join(directory, 'config.yaml');
    const base = {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: { webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    };
    await writeFile(path, JSON.stringify({ ...base, ...configuration }));
    return await loadConfiguration(['--config', path, ...argv]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

describe('what a later release does not start with', () => {
  it('is told by name and release, and starts this kubelet', async () => {
    const { warnings } = await load({ featureGates: { SidecarContainers: true, JobSuccessPolicy: true, HostnameOverride: false } }, [
      '--boot-id-file=/x',
      '--storage-driver-db',
      'cadvisor',
    ]);
    const refuses = 'the kubelet of Kubernetes 1.37 does not start with it';
    expect(warnings.filter((line) => line.includes('1.37'))).toEqual([
      `featureGates: SidecarContainers is gone in Kubernetes 1.37: ${refuses}`,
      `featureGates: JobSuccessPolicy is gone in Kubernetes 1.37: ${refuses}`,
      `featureGates: HostnameOverride=false: locked to true in Kubernetes 1.37: ${refuses}`,
      `--boot-id-file is gone in Kubernetes 1.37: ${refuses}`,
      `--storage-driver-db is gone in Kubernetes 1.37: ${refuses}`,
    ]);
    expect(warnings).toContain('--boot-id-file has no effect: it is of cAdvisor, which is not part of this kubelet');
  });

  it('is nothing where nothing of the kind is set', async () => {
    const { warnings } = await load({ featureGates: { HostnameOverride: true, MemoryQoS: true } }, ['--housekeeping-interval=10s']);
    expect(warnings.filter((line) => line.includes('1.37'))).toEqual([]);
    expect(refusedByRelease('1.99', { featureGates: { SidecarContainers: true }, flags: [] })).toEqual([]);
    expect(refusedByRelease('toString', { featureGates: {}, flags: [] })).toEqual([]);
  });

  it('keeps each gate in one list alone', () => {
    for (const { goneGates, lockedGates, defaults } of Object.values(releaseChanges)) {
      const names = [...goneGates, ...Object.keys(lockedGates), ...Object.keys(defaults)];
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('MemoryQoS as 1.37 has it', () => {
  it('slows nothing down unless a factor is given', async () => {
    expect((await load({ featureGates: { MemoryQoS: true } })).config.memoryThrottlingFactor).toBeUndefined();
    expect((await load({ memoryThrottlingFactor: 0.5 })).config.memoryThrottlingFactor).toBe(0.5);
    await expect(load({ memoryThrottlingFactor: 0 })).rejects.toThrow(
      'memoryThrottlingFactor 0 must be greater than 0 and less than or equal to 1.0',
    );
  });

  it('keeps memory only with its gate', async () => {
    const tiered = { memoryReservationPolicy: 'TieredReservation' };
    await expect(load(tiered)).rejects.toThrow('memoryReservationPolicy "TieredReservation" requires MemoryQoS feature gate to be enabled');
    await expect(load({ memoryReservationPolicy: 'Hard' })).rejects.toThrow('Valid options are "None" or "TieredReservation"');
    expect((await load({ ...tiered, featureGates: { MemoryQoS: true } })).config.memoryReservationPolicy).toBe('TieredReservation');
  });
});

describe('defaultPodSysctls', () => {
  const sysctls = { 'kernel.shmmax': '1', 'net/core/somaxconn': '2' };

  it('are taken with their gate, and told of without it', async () => {
    const gated = await load({ defaultPodSysctls: sysctls, featureGates: { DefaultPodSysctls: true } });
    expect([gated.config.defaultPodSysctls, gated.warnings]).toEqual([sysctls, []]);
    expect((await load({ defaultPodSysctls: sysctls })).warnings).toEqual([
      'defaultPodSysctls changes nothing: it needs the feature gate DefaultPodSysctls',
    ]);
  });

  it.each(['vm.swappiness', 'kernel.pid_max', ''])('are refused where %j is of no namespace of a pod', async (name) => {
    await expect(load({ defaultPodSysctls: { [name]: '1' }, featureGates: { DefaultPodSysctls: true } })).rejects.toThrow(
      `defaultPodSysctls: ${JSON.stringify(name)} is of no namespace that a pod has for itself`,
    );
  });
});
