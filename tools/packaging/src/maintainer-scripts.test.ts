import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { maintainerScripts } from './maintainer-scripts.js';

/** What a kubelet of the package leaves on a machine, and what is somebody else's. */
const OURS = [
  'var/lib/kubelet/state/pods.json',
  'run/solo-kubelet/kubelet.sock',
  'etc/cni/net.d/99-solo-kubelet.conflist',
  'var/lib/cni/networks/solo-kubelet/last_reserved_ip.0',
  'etc/systemd/logind.conf.d/99-kubelet.conf',
];
const OTHERS = ['etc/cni/net.d/10-other.conflist', 'var/lib/cni/networks/other/lock', 'etc/kubernetes/manifests/pod.yaml'];

describe('a purge', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'purge-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const file of [...OURS, ...OTHERS]) put(file, '# Kubelet logind override\n');
    for (const program of ['ip', 'systemctl', 'deb-systemd-helper', 'deb-systemd-invoke']) {
      put(`bin/${program}`, `#!/bin/sh\necho "${program} $*" >> "${root}/calls"\n`);
      chmodSync(join(root, 'bin', program), 0o755);
    }
    for (const cgroup of ['kubepods/burstable', 'unified/kubepods/besteffort']) {
      mkdirSync(join(root, 'sys/fs/cgroup', cgroup), { recursive: true });
    }
  });
  const put = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  /** Runs the script on the directory as if it were the machine; gives the programs that it called. */
  const purge = (): string => {
    const script = maintainerScripts('solo-kubelet.service').postrm.replaceAll(/(?<=[\s"])\/(etc|run|sys|var)\//g, `${root}/$1/`);
    execFileSync('sh', ['-s', 'purge'], { input: script, env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` }, stdio: 'pipe' });
    return readFileSync(join(root, 'calls'), 'utf8');
  };
  const files = (): readonly string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((file) => !/^(bin|calls)/.test(file))
      .sort();

  it('takes all that the kubelet wrote, and nothing of others', () => {
    expect(purge()).toContain('ip link delete solo0\n');
    expect(files()).toEqual(OTHERS.toSorted());
    expect(readdirSync(join(root, 'sys/fs/cgroup'))).toEqual(['unified']);
    expect(readdirSync(join(root, 'sys/fs/cgroup/unified'))).toEqual([]);
  });

  it('takes the directories that network plugins made for it, once they are empty', () => {
    rmSync(join(root, 'var/lib/cni/networks/other'), { recursive: true });
    mkdirSync(join(root, 'var/lib/cni/results'));
    purge();
    expect(readdirSync(join(root, 'var/lib'))).toEqual([]);
  });

  it('leaves a drop-in of logind that is not the kubelet’s, and a network that another one replaced', () => {
    put('etc/systemd/logind.conf.d/99-kubelet.conf', '[Login]\n');
    rmSync(join(root, 'etc/cni/net.d/99-solo-kubelet.conflist'));
    expect(purge()).not.toContain('ip link');
    expect(files()).toContain('etc/systemd/logind.conf.d/99-kubelet.conf');
  });

  it('stops the slice of Pods when no process is in it', () => {
    put('sys/fs/cgroup/kubepods.slice/cgroup.events', 'populated 0\nfrozen 0\n');
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
    expect(purge()).toContain('deb-systemd-invoke stop kubepods.slice\n');
    rmSync(join(root, 'calls'));
    mkdirSync(join(root, 'var/lib/kubelet'), { recursive: true });
    put('sys/fs/cgroup/kubepods.slice/cgroup.events', 'populated 1\nfrozen 0\n');
    expect(purge()).not.toContain('stop kubepods.slice');
  });

  it('takes nothing while there is data of a Pod', () => {
    put('var/lib/kubelet/pods/uid/volumes/data', 'data');
    expect(purge()).not.toMatch(/^(ip|deb-systemd-invoke stop)/m);
    expect(files()).toEqual([...OURS, ...OTHERS, 'var/lib/kubelet/pods/uid/volumes/data'].toSorted());
  });
});

it.each(Object.entries<string>({ ...maintainerScripts('solo-kubelet.service') }))(
  '%s asks systemctl for nothing but to read its units anew: an administrator may have forbidden all else, and lintian finds fault',
  (_, script) => {
    expect(script.split('\n').filter((line) => /^(.+;)?\s*systemctl\b/.test(line) && !line.includes('daemon-reload'))).toEqual([]);
  },
);
