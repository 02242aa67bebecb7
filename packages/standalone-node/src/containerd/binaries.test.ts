import { describe, expect, it } from 'vitest';
import { findContainerdBinaries, installCommand } from './binaries.js';

const search = (present: readonly string[], path = '/usr/bin') =>
  findContainerdBinaries({ path, osRelease: 'ID=debian\n', isExecutable: async (file) => present.includes(file) });

const everything = [
  '/usr/bin/containerd',
  '/usr/bin/ctr',
  '/usr/sbin/runc',
  '/usr/bin/containerd-shim-runc-v2',
  '/usr/lib/cni/bridge',
  '/usr/sbin/iptables',
];

describe('findContainerdBinaries', () => {
  it('finds programs on the PATH and in the usual places', async () => {
    expect(await search(everything)).toEqual({
      type: 'found',
      binaries: {
        containerd: '/usr/bin/containerd',
        ctr: '/usr/bin/ctr',
        runc: '/usr/sbin/runc',
        shimDirectory: '/usr/bin',
        cniPluginDirectory: '/usr/lib/cni',
      },
    });
  });

  it('prefers the PATH, and the shim beside its containerd', async () => {
    const own = ['/own/containerd', '/own/ctr', '/own/containerd-shim-runc-v2'];
    const found = await search([...everything, ...own], '/own:/usr/bin');
    expect(found).toMatchObject({ binaries: { containerd: '/own/containerd', shimDirectory: '/own', runc: '/usr/sbin/runc' } });
  });

  it('names what is missing and the one command that installs it', async () => {
    expect(await search(['/usr/bin/containerd', '/usr/bin/ctr', '/usr/bin/containerd-shim-runc-v2'])).toEqual({
      type: 'missing',
      missing: ['runc', 'CNI plugins', 'iptables'],
      installCommand: expect.stringMatching(/^apt-get update && apt-get install/),
    });
  });
});

describe('installCommand', () => {
  it.each([
    ['ID=ubuntu\nID_LIKE=debian\n', 'apt-get'],
    ['NAME="Fedora Linux"\nID=fedora\n', 'dnf'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
    ['ID=arch\n', 'pacman'],
    ['ID=alpine\n', 'apk'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper'],
    ['', 'apt-get'],
  ])('for %j uses %s', (osRelease, manager) => expect(installCommand(osRelease)).toMatch(new RegExp(`^${manager}`)));
});
