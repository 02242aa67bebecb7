import { describe, expect, it } from 'vitest';
import { type HostReport, judgeHost } from './checks.js';
import { isSharedRoot } from './examine-host.js';

const healthy: HostReport = {
  platform: 'linux',
  uid: 0,
  kernel: '6.1.0-13-amd64',
  programs: {
    type: 'found',
    binaries: { containerd: '/c', ctr: '/t', runc: '/r', shimDirectory: '/', cniPluginDirectory: '/opt/cni/bin' },
  },
  endpoint: 'unix:///run/c.sock',
  runtime: {
    type: 'up',
    version: 'containerd 2.1.0',
    conditions: [
      { type: 'RuntimeReady', status: true, reason: '', message: '' },
      { type: 'NetworkReady', status: true, reason: '', message: '' },
    ],
  },
  cgroupVersion: 2,
  cgroupControllers: ['cpu', 'memory', 'pids'],
  swap: false,
  systemd: true,
  sharedRoot: true,
  ipForward: true,
  portsInUse: [],
  freeSpace: [{ path: '/var/lib', share: 0.5 }],
};

const troubles = (change: Partial<HostReport>) => judgeHost({ ...healthy, ...change }).filter(({ status }) => status !== 'ok');

describe('judgeHost', () => {
  it('finds nothing wrong with a healthy machine', () => expect(troubles({})).toEqual([]));

  it.each<[Partial<HostReport>, string, string, RegExp]>([
    [{ platform: 'darwin' }, 'failed', 'Platform', /--runtime memory/],
    [{ uid: 1000 }, 'failed', 'User', /sudo/],
    [{ kernel: '4.9.0' }, 'warning', 'Kernel', /upgrade/],
    [
      { programs: { type: 'missing', missing: ['runc'], installCommand: 'apt-get install runc' } },
      'warning',
      'Programs',
      /^apt-get install runc$/,
    ],
    [{ runtime: { type: 'down', message: 'ENOENT' } }, 'failed', 'Container runtime', /systemctl start|kubelet-cli up/],
    [{ runtime: { type: 'down', message: 'ENOENT' }, systemd: false }, 'failed', 'Container runtime', /^kubelet-cli up/],
    [{ cgroupVersion: 1 }, 'warning', 'Cgroups', /unified_cgroup_hierarchy/],
    [{ cgroupControllers: ['cpu', 'pids'] }, 'failed', 'Cgroup controllers', /cgroup_enable=memory/],
    [{ swap: true }, 'warning', 'Swap', /swapoff -a/],
    [{ sharedRoot: false }, 'warning', 'Mount propagation', /make-rshared/],
    [{ ipForward: false }, 'warning', 'IP forwarding', /ip_forward=1/],
    [{ portsInUse: [10_250] }, 'warning', 'Ports', /ss -ltnp/],
    [{ portsInUse: [10_250, 10_255], kubeletPorts: [10_250, 10_248] }, 'warning', 'Ports', /ss -ltnp/],
    [{ freeSpace: [{ path: '/var/lib', share: 0.05 }] }, 'warning', 'Disk /var/lib', /du /],
  ])('finds %j %s: %s', (change, status, name, remedy) => {
    expect(troubles(change)).toEqual([{ name, status, detail: expect.any(String), remedy: expect.stringMatching(remedy) }]);
  });

  it('warns of no port that the running kubelet has', () => {
    expect(troubles({ portsInUse: [10_248, 10_250], kubeletPorts: [10_250, 0, 10_248] })).toEqual([]);
    expect(troubles({ portsInUse: [10_248, 10_255], kubeletPorts: [10_248] })[0]?.detail).toBe('in use: 10255');
  });

  it('sends nobody to start what is not installed, or what only root may ask', () => {
    const runtime = { type: 'down', message: 'connect EACCES' } as const;
    const programs = { type: 'missing', missing: ['containerd'], installCommand: 'apt-get install containerd' } as const;
    expect(troubles({ runtime, programs }).at(-1)?.remedy).toBe('apt-get install containerd');
    expect(troubles({ runtime, uid: 1000 }).at(-1)?.remedy).toMatch(/^sudo /);
  });

  it('points at the CNI commands when the runtime has no network', () => {
    const conditions = [{ type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message: 'cni config uninitialized' }];
    expect(troubles({ runtime: { type: 'up', version: 'x', conditions } })).toEqual([
      expect.objectContaining({
        name: 'NetworkReady',
        status: 'failed',
        detail: 'NetworkPluginNotReady: cni config uninitialized',
        remedy: expect.stringContaining('kubelet-cli cni status'),
      }),
    ]);
  });
});

it('shows each cause of a missing network with what mends it', () => {
  const networkFindings = [{ problem: 'noNetwork' as const, message: 'there is no file in /etc/cni/net.d', fix: 'write one' }];
  expect(troubles({ runtime: { type: 'up', version: 'x', conditions: [], networkFindings } })).toEqual([
    { name: 'Pod network', status: 'failed', detail: 'there is no file in /etc/cni/net.d', remedy: 'write one' },
  ]);
});

describe('isSharedRoot', () => {
  it.each([
    ['22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n', true],
    ['22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n23 22 0:5 / /dev rw shared:2 - devtmpfs dev rw\n', false],
    ['', true],
  ])('of %j is %s', (mountInfo, expected) => expect(isSharedRoot(mountInfo)).toBe(expected));
});
