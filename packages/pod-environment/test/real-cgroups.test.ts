import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getuid, pid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectCgroupVersion } from '../src/cgroups/index.js';
import { createPodEnvironment, type PodEnvironment } from '../src/index.js';
import { temporaryDirectory } from '../src/testing/as-root.js';
import { testNode, testPod } from '../src/testing/index.js';

const mountPoint = '/sys/fs/cgroup';
const version = await detectCgroupVersion(mountPoint);

/** Whether this process may make cgroups of its own in the root cgroup. */
const mayMakeCgroups = ((): boolean => {
  if (getuid?.() !== 0) return false;
  try {
    accessSync(version === 2 ? `${mountPoint}/cgroup.subtree_control` : `${mountPoint}/cpu`, constants.W_OK);
    return !execFileSync('cat', ['/proc/1/comm']).toString().startsWith('systemd');
  } catch {
    return false;
  }
})();

describe.runIf(mayMakeCgroups)(`the machine's own cgroups, version ${version} (as root, without systemd)`, () => {
  const root = `/solo-pod-environment-test-${pid}`;
  const pod = testPod({
    containers: [{ resources: { requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '500m', memory: '64Mi' } } }],
  });
  const podCgroup = `${root}/kubepods/pod${pod.metadata.uid}`;
  const file = (controller: string, name: string) => `${mountPoint}${version === 2 ? '' : `/${controller}`}${podCgroup}/${name}`;
  let temporary: ReturnType<typeof temporaryDirectory>;
  let pods: PodEnvironment;
  beforeEach(() => {
    temporary = temporaryDirectory();
    pods = createPodEnvironment(testNode(`${temporary.path}/kubelet`, { podPidsLimit: 50, cgroups: { version, mountPoint, root } }));
  });
  afterEach(async () => {
    await pods.cleanPod(pod.metadata.uid);
    await pods.cleanNode();
    const controllers =
      version === 2 ? [''] : ['/cpu', '/cpuacct', '/cpuset', '/memory', '/pids', '/devices', '/freezer', '/blkio', '/systemd', '/unified'];
    const roots = controllers.map((controller) => `${mountPoint}${controller}${root}`);
    execFileSync('sh', ['-c', 'for directory; do rmdir "$directory" 2>/dev/null; done; true', 'sh', ...roots]);
    temporary.remove();
  });

  it('hold a pod to its limits and are gone with it, what still runs in it included', async () => {
    await pods.prepareNode();
    await pods.preparePod(pod);
    expect((await readFile(file('pids', 'pids.max'), 'utf8')).trim()).toBe('50');
    const [memory, cpu] = version === 2 ? ['memory.max', 'cpu.max'] : ['memory.limit_in_bytes', 'cpu.cfs_quota_us'];
    expect((await readFile(file('memory', memory), 'utf8')).trim()).toBe('67108864');
    expect((await readFile(file('cpu', cpu), 'utf8')).trim()).toBe(version === 2 ? '50000 100000' : '50000');
    const straggler = spawn('sleep', ['60'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => straggler.once('exit', (_, signal) => resolve(signal)));
    await writeFile(file('pids', 'cgroup.procs'), `${straggler.pid}`);
    expect(await pods.listPodUids()).toEqual([pod.metadata.uid]);
    await pods.cleanPod(pod.metadata.uid);
    expect(await ended).toBe('SIGKILL');
    await expect(stat(file('pids', 'pids.max'))).rejects.toThrow('ENOENT');
    expect(await pods.listPodUids()).toEqual([]);
  });

  it('are gone in the end when a runtime that was still at it makes them anew after the pod was cleaned', async () => {
    await pods.prepareNode();
    await pods.preparePod(pod);
    await pods.cleanPod(pod.metadata.uid);
    // As runc does: the cgroup of a container, with all above it, in some of the hierarchies.
    const left = dirname(file('pids', 'x'));
    await mkdir(join(left, 'container'), { recursive: true });
    expect(await pods.listPodUids()).toEqual([pod.metadata.uid]);
    await pods.cleanPod(pod.metadata.uid);
    await expect(stat(left)).rejects.toThrow('ENOENT');
    expect(await pods.listPodUids()).toEqual([]);
  });
});
