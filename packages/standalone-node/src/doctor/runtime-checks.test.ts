import { describe, expect, it } from 'vitest';
import { judgeRuntime, type RuntimeFindingsInput } from './runtime-checks.js';

const healthy: RuntimeFindingsInput = {
  runtimeName: 'containerd',
  cgroupDriver: 'systemd',
  configuredDriver: 'systemd',
  cgroupVersion: 2,
  systemd: true,
  sandboxImage: { image: 'registry.k8s.io/pause:3.8', present: true },
  missingImages: [],
  manifestDirectory: '/etc/kubernetes/manifests',
  routeLocalnet: false,
};

const troubles = (change: Partial<RuntimeFindingsInput>) => judgeRuntime({ ...healthy, ...change }).filter(({ status }) => status !== 'ok');

describe('judgeRuntime', () => {
  it('finds nothing wrong with a healthy one', () => expect(troubles({})).toEqual([]));

  it.each<[Partial<RuntimeFindingsInput>, string, string, RegExp, RegExp]>([
    [{ cgroupDriver: undefined, configuredDriver: undefined }, 'warning', 'Cgroup driver', /uses cgroupfs/, /set cgroupDriver/],
    [{ systemd: false }, 'failed', 'Cgroup driver', /no Pod starts/, /SystemdCgroup .* to cgroupfs/],
    [{ cgroupDriver: 'cgroupfs' }, 'warning', 'Cgroup driver', /two programs/, /SystemdCgroup .* to systemd; systemctl restart containerd/],
    [
      { cgroupDriver: 'cgroupfs', runtimeName: 'cri-o', routeLocalnet: true },
      'warning',
      'Cgroup driver',
      /two/,
      /cgroup_manager .* restart crio$/,
    ],
    [{ sandboxImage: { image: 'pause:1', present: false } }, 'warning', 'Sandbox image', /^pause:1 is not/, /install or run/],
    [{ missingImages: [{ image: 'a:1', neverPulled: true }] }, 'failed', 'Images', /never pulled: a:1/, /images import/],
    [{ missingImages: [{ image: 'a:1', neverPulled: false }] }, 'warning', 'Images', /to be pulled: a:1/, /images import/],
    [{ runtimeName: 'cri-o' }, 'warning', 'Host ports', /127\.0\.0\.1/, /route_localnet=1/],
  ])('finds %j %s: %s', (change, status, name, detail, remedy) => {
    expect(troubles(change)).toEqual([{ name, status, detail: expect.stringMatching(detail), remedy: expect.stringMatching(remedy) }]);
  });

  it('takes cgroupfs for what it is where it must be', () => {
    expect(troubles({ cgroupDriver: 'cgroupfs', systemd: false })).toEqual([]);
    expect(troubles({ cgroupDriver: 'cgroupfs', cgroupVersion: 1 })).toEqual([]);
  });

  it('names a few of many images', () => {
    const missingImages = Array.from({ length: 7 }, (_, index) => ({ image: `a:${index}`, neverPulled: false }));
    expect(troubles({ missingImages })[0]?.detail).toContain('a:4 and 2 more');
  });
});
