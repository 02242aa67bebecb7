import { describe, expect, it } from 'vitest';
import { parseRuntimeFacts } from './runtime-facts.js';

/** Parts of what containerd 1.6.20 says; `null` is written where its file sets nothing. */
const containerd = (options: object | null, more: object = {}) =>
  JSON.stringify({
    containerd: {
      snapshotter: 'overlayfs',
      defaultRuntimeName: 'runc',
      defaultRuntime: { runtimeType: '', options: null },
      runtimes: { runc: { runtimeType: 'io.containerd.runc.v2', options }, runsc: { options: { SystemdCgroup: false } } },
    },
    sandboxImage: 'registry.k8s.io/pause:3.6',
    systemdCgroup: false,
    ...more,
  });

describe('parseRuntimeFacts', () => {
  it.each([
    ['SystemdCgroup = true', { config: containerd({ SystemdCgroup: true }) }, 'systemd'],
    ['SystemdCgroup = false', { config: containerd({ SystemdCgroup: false }) }, 'cgroupfs'],
    ['no options', { config: containerd(null) }, 'cgroupfs'],
    ['the old systemd_cgroup = true', { config: containerd(null, { systemdCgroup: true }) }, 'systemd'],
    [
      'a default handler that is not there',
      { config: containerd({}, { containerd: { defaultRuntimeName: 'x', runtimes: {} } }) },
      undefined,
    ],
    ['nothing', {}, undefined],
    ['what CRI-O 1.36 says', { config: '{"crio":{"DefaultRuntime":"runc","CgroupManagerName":"systemd"}}' }, 'systemd'],
    ['no JSON', { config: '[crio]\ncgroup_manager = "systemd"\n' }, undefined],
    ['null', { config: 'null' }, undefined],
  ] as const)('takes from %s the driver', (_, info, expected) => {
    expect(parseRuntimeFacts(info).cgroupDriver).toBe(expected);
  });

  it('tells the handlers, where the runtime tells them', () => {
    expect(parseRuntimeFacts({ config: containerd(null) }).handlers).toEqual(['runc', 'runsc']);
    expect(parseRuntimeFacts({ config: '{"crio":{"DefaultRuntime":"runc"}}' }).handlers).toBeUndefined();
    expect(parseRuntimeFacts({ config: '{"containerd":{"runtimes":null}}' }).handlers).toBeUndefined();
  });

  it('tells the image of sandboxes', () => {
    expect(parseRuntimeFacts({ config: containerd(null) }).sandboxImage).toBe('registry.k8s.io/pause:3.6');
    expect(parseRuntimeFacts({}).sandboxImage).toBeUndefined();
  });
});
