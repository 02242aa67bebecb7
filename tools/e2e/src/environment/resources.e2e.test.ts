import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, look, type Sight, STAY, sightOf, sightOfStayer, stayer, viewer } from './looking.js';

const MEBIBYTE = 1024 * 1024;
/** A container's own limits: cgroup v1 shows them below /sys/fs/cgroup. */
const commands = {
  shares: 'cat /sys/fs/cgroup/cpu/cpu.shares',
  quota: 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us',
  period: 'cat /sys/fs/cgroup/cpu/cpu.cfs_period_us',
  memory: 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
  oom: 'cat /proc/self/oom_score_adj',
};
/** What cgroup v1 calls no limit. */
const UNLIMITED = 2 ** 63 - 4096;

let node: TestNode;
const sights = new Map<string, { readonly sight: Sight; readonly pod: Pod }>();
const seen = (name: string): Sight => sights.get(name)?.sight ?? {};
const numbers = (name: string, ...keys: readonly string[]): readonly number[] => keys.map((key) => Number(seen(name)[key]));
/** A file of a cgroup below the node's root, by controller. */
const cgroupFile = async (controller: string, path: string, file: string): Promise<number> =>
  Number(await readFile(join('/sys/fs/cgroup', controller, node.bed.cgroupRoot, path, file), 'utf8'));
const podCgroup = (name: string, qosClass: string): string => join('kubepods', qosClass, `pod${sights.get(name)?.pod.metadata.uid}`);

const resources: Readonly<Record<string, object>> = {
  guaranteed: { limits: { cpu: '500m', memory: '64Mi' } },
  burstable: { requests: { cpu: '100m', memory: '2Gi' }, limits: { memory: '3Gi' } },
  'no-limit': { requests: { cpu: '250m' } },
  'best-effort': {},
};

beforeAll(async () => {
  node = await startNode({
    config: { podPidsLimit: 60, systemReserved: { memory: '1Gi' } },
    flags: ['--allowed-devices', '/dev/loop7'],
  });
  await dropAll(node, [
    ...Object.entries(resources).map(([name, one]) => stayer(name, commands, { container: { resources: one } })),
    podManifest('pod-level', {
      resources: { requests: { cpu: '200m' }, limits: { cpu: '1', memory: '96Mi' } },
      containers: [script('app', `${look(commands)}\n${STAY}`), script('other', STAY, { resources: { limits: { memory: '32Mi' } } })],
    }),
  ]);
  for (const name of [...Object.keys(resources), 'pod-level']) sights.set(name, await sightOfStayer(node, name));
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('containers', () => {
  it('get the shares of their request and are held to their limits', () => {
    expect(numbers('guaranteed', 'shares', 'quota', 'period', 'memory')).toEqual([512, 50_000, 100_000, 64 * MEBIBYTE]);
    expect(numbers('burstable', 'shares', 'quota', 'memory')).toEqual([102, -1, 3072 * MEBIBYTE]);
    expect(numbers('no-limit', 'shares', 'quota', 'memory')).toEqual([256, -1, UNLIMITED]);
    expect(numbers('best-effort', 'shares', 'quota', 'memory')).toEqual([2, -1, UNLIMITED]);
  });

  it("without a limit of their own have the pod's", () => {
    expect(numbers('pod-level', 'quota', 'memory')).toEqual([100_000, 96 * MEBIBYTE]);
  });

  it('are killed first when memory runs out, the less they asked for', async () => {
    const total = Number(/^MemTotal:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    expect(numbers('best-effort', 'oom')).toEqual([1000]);
    expect(numbers('burstable', 'oom')).toEqual([1000 - Math.floor((1000 * 2048 * MEBIBYTE) / total)]);
    expect(numbers('no-limit', 'oom')).toEqual([999]);
  });

  it('of a Guaranteed pod are killed last', async ({ skip }) => {
    const mayLower = ((BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]}`) >> 24n) & 1n) === 1n;
    if (!mayLower) return skip('this machine lacks CAP_SYS_RESOURCE: nobody may lower oom_score_adj');
    expect(numbers('guaranteed', 'oom')).toEqual([-997]);
  });

  it('that take more memory than they may are killed, and the status says so', async () => {
    const greedy = {
      name: 'app',
      resources: { limits: { memory: '16Mi' } },
      command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1'],
    };
    await dropAll(node, [podManifest('greedy', { restartPolicy: 'Never', containers: [{ ...script('app', ''), ...greedy }] })]);
    const { status } = await node.pod('greedy', hasPhase('Failed'));
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('that take more CPU than they may are slowed down', async () => {
    const busy = "timeout 1 sh -c 'while :; do :; done'; grep nr_throttled /sys/fs/cgroup/cpu/cpu.stat";
    await dropAll(node, [viewer('busy', { busy }, { container: { resources: { limits: { cpu: '50m', memory: '32Mi' } } } })]);
    expect(Number(/nr_throttled (\d+)/.exec((await sightOf(node, 'busy'))['busy'] ?? '')?.[1])).toBeGreaterThan(0);
  });
});

describe('pods', () => {
  it('have a cgroup by class, with their shares and limits', async () => {
    const values = async (name: string, qosClass: string) =>
      Promise.all([
        cgroupFile('cpu', podCgroup(name, qosClass), 'cpu.shares'),
        cgroupFile('cpu', podCgroup(name, qosClass), 'cpu.cfs_quota_us'),
        cgroupFile('memory', podCgroup(name, qosClass), 'memory.limit_in_bytes'),
        cgroupFile('pids', podCgroup(name, qosClass), 'pids.max'),
      ]);
    expect(await values('guaranteed', '')).toEqual([512, 50_000, 64 * MEBIBYTE, 60]);
    expect(await values('burstable', 'burstable')).toEqual([102, -1, 3072 * MEBIBYTE, 60]);
    expect(await values('no-limit', 'burstable')).toEqual([256, -1, UNLIMITED, 60]);
    expect(await values('best-effort', 'besteffort')).toEqual([2, -1, UNLIMITED, 60]);
    expect(await values('pod-level', 'burstable')).toEqual([204, 100_000, 96 * MEBIBYTE, 60]);
    const classes = [...Object.keys(resources), 'pod-level'].map((name) => sights.get(name)?.pod.status?.qosClass);
    expect(classes).toEqual(['Guaranteed', 'Burstable', 'Burstable', 'BestEffort', 'Burstable']);
  });

  it("have their containers' processes below their own cgroup, for every controller", async () => {
    const uid = sights.get('burstable')?.pod.metadata.uid;
    const id = (await node.running()).get('burstable/app') ?? '';
    for (const controller of ['cpu', 'memory', 'pids', 'cpuset', 'devices', 'freezer', 'blkio']) {
      const processes = await readFile(
        join('/sys/fs/cgroup', controller, node.bed.cgroupRoot, `kubepods/burstable/pod${uid}`, id, 'cgroup.procs'),
        'utf8',
      );
      expect(processes.trim().split('\n').length, controller).toBeGreaterThan(0);
    }
  });

  it('together have what the node does not reserve, class by class', async () => {
    const total = Number(/^MemTotal:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    expect(await cgroupFile('memory', 'kubepods', 'memory.limit_in_bytes')).toBe(total - 1024 * MEBIBYTE);
    expect(await cgroupFile('cpu', 'kubepods/besteffort', 'cpu.shares')).toBe(2);
    // 100m + 250m + 200m of the Burstable pods that run now
    await waitFor(async () => (await cgroupFile('cpu', 'kubepods/burstable', 'cpu.shares')) === 563, {
      what: 'shares of the Burstable pods',
    });
  });

  it('cannot make more processes than podPidsLimit', async () => {
    const many = 'i=0; while [ $i -lt 80 ]; do sleep 30 & i=$((i + 1)); done; echo all of them';
    await dropAll(node, [viewer('many', { many })]);
    await node.pod('many', hasPhase('Failed'));
    expect(
      await waitFor(async () => (await node.log('many')).includes("can't fork") && node.log('many'), { what: 'a refused fork' }),
    ).not.toContain('all of them');
  });
});

describe('devices', () => {
  it('are given by annotation with their permissions; a mere hostPath shows one but does not open it', async () => {
    const open = {
      named: "stat -c '%F %t:%T' /dev/mine && dd if=/dev/mine bs=1 count=0 && echo opened",
      wrong: 'dd if=/dev/zero of=/dev/mine bs=1 count=1',
      mounted: "stat -c '%F' /mounted && dd if=/mounted bs=1 count=0 && echo opened",
    };
    await dropAll(node, [
      viewer(
        'device',
        open,
        {
          volumes: [{ name: 'device', hostPath: { path: '/dev/loop6', type: 'BlockDevice' } }],
          container: { volumeMounts: [{ name: 'device', mountPath: '/mounted' }] },
        },
        { annotations: { 'devices.solo-kubelet.dev/app': '/dev/loop7:/dev/mine:r' } },
      ),
    ]);
    const sight = await sightOf(node, 'device');
    expect(sight['named']).toMatch(/^block special file 7:7\n[\s\S]*opened\n$/);
    expect(sight['wrong']).toContain('Operation not permitted');
    expect(sight['mounted']).toMatch(/^block special file\n[\s\S]*Operation not permitted/);
  });
});

it('cgroup v2 and the systemd driver are shown elsewhere', async ({ skip }) => {
  const controllers = await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8').catch(() => '');
  if (controllers === '')
    return skip('this machine has cgroup v1 and no systemd: both are tested in pod-environment, against a fake tree and recorded commands');
  throw new Error('the tests of this file read cgroup v1 only');
});

it('huge pages back a volume and are limited', async ({ skip }) => {
  const pages = Number(await readFile('/proc/sys/vm/nr_hugepages', 'utf8'));
  if (pages === 0) return skip('this machine has no huge pages set aside (vm.nr_hugepages = 0)');
  const volumes = [{ name: 'huge', emptyDir: { medium: 'HugePages-2Mi' } }];
  const limits = { 'hugepages-2Mi': '2Mi', memory: '32Mi', cpu: '100m' };
  await dropAll(node, [
    viewer(
      'huge',
      { type: "grep ' /huge ' /proc/self/mountinfo" },
      { volumes, container: { resources: { limits }, volumeMounts: [{ name: 'huge', mountPath: '/huge' }] } },
    ),
  ]);
  expect((await sightOf(node, 'huge'))['type']).toContain(' - hugetlbfs ');
});

it('an emptyDir on disk that outgrows its sizeLimit ends the pod, with the reason', async () => {
  const fill = 'dd if=/dev/zero of=/disk/file bs=1M count=4; while :; do sleep 1; done';
  const container = script('app', fill, { volumeMounts: [{ name: 'disk', mountPath: '/disk' }] });
  await dropAll(node, [podManifest('outgrown', { volumes: [{ name: 'disk', emptyDir: { sizeLimit: '1Mi' } }], containers: [container] })]);
  const { status } = await node.pod('outgrown', hasPhase('Failed'));
  expect(status).toMatchObject({ reason: 'Evicted', message: 'Usage of EmptyDir volume "disk" exceeds the limit "1Mi". ' });
});

it('without CFS quota a limit of CPU is only a weight', async () => {
  await using soft = await startNode({ config: { cpuCFSQuota: false } });
  await dropAll(soft, [stayer('soft', commands, { container: { resources: resources['guaranteed'] } })]);
  const { sight } = await sightOfStayer(soft, 'soft');
  expect([sight['shares'], sight['quota']]).toEqual(['512\n', '-1\n']);
  expect(await soft.pod('soft', isRunning)).toMatchObject({ status: { qosClass: 'Guaranteed' } });
});
