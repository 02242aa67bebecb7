import { CniError } from '@solo-kubelet/cni-invoker';
import type { NetworkStatus } from '@solo-kubelet/cni-invoker/extra-networks';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { describe, expect, it } from 'vitest';
import { extraNetworksHook } from './network-hook.js';

const failing = (error: Error) =>
  extraNetworksHook({
    networks: {
      attach: async () => [],
      statuses: () => Promise.reject(error),
      detach: () => Promise.reject(error),
    },
    primaryName: async () => undefined,
    logger: { ...silentLogger, info: (fields) => logged.push(fields), warn: (fields) => logged.push(fields) },
  });
const logged: unknown[] = [];

it('a detach that fails does not keep the sandbox from stopping', async () => {
  const error = new CniError({ code: 'CNI_DETACH_FAILED', message: 'busy' });
  await failing(error).detach({ podSandboxId: 's1' }, {});
  expect(logged).toEqual([{ podSandboxId: 's1', err: error }]);
});

it('an abort or a bug does', async () => {
  await expect(failing(new DOMException('stop', 'AbortError')).detach({ podSandboxId: 's1' }, {})).rejects.toMatchObject({
    name: 'AbortError',
  });
});

it('a record that cannot be read counts as networks that are missing', async () => {
  const error = new CniError({ code: 'CNI_CACHE_FAILED', message: 'disk' });
  expect(await failing(error).annotationsOf({ podSandboxId: 's1', ips: [], info: {} }, {})).toBeUndefined();
});

describe('the network-status annotation', () => {
  const camera = { name: 'plant/camera', interface: 'net1', ips: ['10.9.0.2'], dns: {} };
  const hook = (statuses: readonly NetworkStatus[] | undefined, name?: string) =>
    extraNetworksHook({
      networks: { attach: async () => [], detach: async () => {}, statuses: async () => statuses },
      primaryName: async () => name,
    });
  const info = { info: JSON.stringify({ cniResult: { Interfaces: { eth0: { Mac: '0a:00:00:00:00:01' } } } }) };
  const read = async (its: ReturnType<typeof hook>, sandboxInfo: Record<string, string> = info) => {
    const annotations = await its.annotationsOf({ podSandboxId: 's1', ips: ['10.88.0.2', 'fd00::2'], info: sandboxInfo }, {});
    return JSON.parse(annotations?.['k8s.v1.cni.cncf.io/network-status'] ?? 'null') as unknown;
  };

  it('begins with the runtime’s own network', async () => {
    const eth0 = { name: 'pods', interface: 'eth0', ips: ['10.88.0.2', 'fd00::2'], mac: '0a:00:00:00:00:01', default: true, dns: {} };
    expect(await read(hook([camera], 'pods'))).toEqual([eth0, camera]);
  });
  it('does without what the runtime does not tell', async () => {
    expect(await read(hook([camera]), {})).toEqual([
      { name: 'default', interface: 'eth0', ips: ['10.88.0.2', 'fd00::2'], default: true, dns: {} },
      camera,
    ]);
  });
  it('is not there before everything is attached', async () => expect(await read(hook(undefined))).toBeNull());
  it.each([
    [{}, false],
    [{ 'k8s.v1.cni.cncf.io/networks': ' ' }, false],
    [{ 'k8s.v1.cni.cncf.io/networks': 'camera' }, true],
  ])('is a matter of pods that ask for networks: %j', (annotations, expected) => expect(hook([]).wants(annotations)).toBe(expected));
});
