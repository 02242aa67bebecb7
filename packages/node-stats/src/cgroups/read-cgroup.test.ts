import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerCgroups } from './container-cgroup.js';
import { readCgroup } from './read-cgroup.js';

let mountPoint: string;
beforeEach(async () => {
  mountPoint = await mkdtemp(join(tmpdir(), 'cgroups-'));
});
afterEach(() => rm(mountPoint, { recursive: true }));

const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(mountPoint, path)), { recursive: true });
    await writeFile(join(mountPoint, path), text);
  }
};

describe('cgroup v2', () => {
  it('reads what the kernel counts and what holds', async () => {
    await write({
      'kubepods/pod1/cpu.stat':
        'usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 20\nnr_throttled 3\nthrottled_usec 7000\n',
      'kubepods/pod1/cpu.max': '50000 100000\n',
      'kubepods/pod1/cpu.weight': '1\n',
      'kubepods/pod1/memory.stat': 'anon 4096\nfile 8192\nfile_mapped 512\ninactive_file 1000\nactive_file 24\npgfault 77\npgmajfault 2\n',
      'kubepods/pod1/memory.current': '20000\n',
      'kubepods/pod1/memory.max': '79998976\n',
      'kubepods/pod1/memory.peak': '30000\n',
      'kubepods/pod1/memory.swap.current': '5\n',
      'kubepods/pod1/memory.swap.max': 'max\n',
      'kubepods/pod1/memory.events': 'low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n',
      'kubepods/pod1/pids.current': '3\n',
      'kubepods/pod1/pids.max': 'max\n',
      'kubepods/pod1/io.stat': '8:0 rbytes=4096 wbytes=100 rios=1 wios=2 dbytes=0 dios=0\n',
      'kubepods/pod1/cpu.pressure': 'some avg10=1.50 avg60=0.25 avg300=0.05 total=9000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=100\n',
      'kubepods/pod1/memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n',
    });
    const measurements = await readCgroup({ mountPoint, version: 2 }, '/kubepods/pod1', 5_000);
    expect(measurements).toMatchObject({
      atMs: 5_000,
      cpu: { usageNanoseconds: 1.5e9, throttledNanoseconds: 7e6, shares: 2, quotaMicroseconds: 50_000, periodMicroseconds: 100_000 },
      memory: {
        usageBytes: 20_000,
        workingSetBytes: 19_000,
        rssBytes: 4_096,
        limitBytes: 79_998_976,
        maxUsageBytes: 30_000,
        swapBytes: 5,
        swapLimitBytes: undefined,
        limitHits: 4,
        pageFaults: { own: 77, all: 77 },
      },
      threads: 3,
      maxThreads: undefined,
      oomKills: 1,
      pressure: {
        cpu: { some: { total: 9_000, avg10: 1.5, avg60: 0.25 }, full: { total: 100, avg10: 0.5 } },
        memory: { some: { total: 1 }, full: { total: 0 } },
      },
    });
    expect(measurements?.pressure?.io).toBeUndefined();
    expect(measurements?.io.get('8:0')).toEqual({
      bytes: { Read: 4_096, Write: 100, Discard: 0 },
      operations: { Read: 1, Write: 2, Discard: 0 },
    });
  });

  it('adds up the usage of the root, which has no memory.current', async () => {
    await write({ 'memory.stat': 'anon 10\nfile 30\ninactive_file 5\n', 'cpu.stat': 'usage_usec 1\n' });
    const measurements = await readCgroup({ mountPoint, version: 2 }, '/', 0);
    expect(measurements?.memory).toMatchObject({ usageBytes: 40, workingSetBytes: 35 });
    expect(measurements?.pressure).toBeUndefined();
  });
});

describe('cgroup v1', () => {
  it('gathers the hierarchies, and pressure from the v2 one of a hybrid host', async () => {
    await write({
      'cpuacct/pod1/cpuacct.usage': '42\n',
      'cpuacct/pod1/cpuacct.usage_user': '40\n',
      'cpuacct/pod1/cpuacct.usage_sys': '2\n',
      'cpu/pod1/cpu.shares': '512\n',
      'cpu/pod1/cpu.cfs_quota_us': '-1\n',
      'cpu/pod1/cpu.cfs_period_us': '100000\n',
      'memory/pod1/memory.stat': 'pgfault 1\ninactive_file 0\ntotal_inactive_file 100\ntotal_rss 7\ntotal_pgfault 9\n',
      'memory/pod1/memory.usage_in_bytes': '1100\n',
      'memory/pod1/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/pod1/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
      'pids/pod1/pids.max': '64\n',
      'blkio/pod1/blkio.throttle.io_service_bytes_recursive': '8:0 Read 512\n8:0 Write 0\n8:0 Total 512\nTotal 512\n',
      'unified/pod1/cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=3\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
    });
    const measurements = await readCgroup({ mountPoint, version: 1 }, '/pod1', 0);
    expect(measurements).toMatchObject({
      cpu: { usageNanoseconds: 42, shares: 512, quotaMicroseconds: undefined },
      memory: { workingSetBytes: 1_000, rssBytes: 7, limitBytes: undefined, swapLimitBytes: undefined, pageFaults: { own: 1, all: 9 } },
      maxThreads: 64,
      oomKills: 2,
      pressure: { cpu: { some: { total: 3 } } },
    });
    expect(measurements?.io.get('8:0')?.bytes).toEqual({ Read: 512, Write: 0, Total: 512 });
  });
});

it('a cgroup that is not there has no measurements', async () => {
  expect(await readCgroup({ mountPoint, version: 2 }, '/gone', 0)).toBeUndefined();
  expect(await readCgroup({ mountPoint, version: 1 }, '/gone', 0)).toBeUndefined();
});

it('finds containers by the names that either cgroup driver gives them', async () => {
  const monitors = ['crio-conmon-ccc.scope', 'crio-conmon-eee'];
  for (const name of [...monitors, 'aaa', 'cri-containerd-bbb.scope', 'crio-ccc.scope', 'crio-eee', 'other-fff.scope'])
    await mkdir(join(mountPoint, 'pod1', name), { recursive: true });
  expect(await containerCgroups({ mountPoint, version: 2 }, '/pod1', ['aaa', 'bbb', 'ccc', 'ddd', 'eee', 'fff'])).toEqual(
    new Map([
      ['aaa', '/pod1/aaa'],
      ['bbb', '/pod1/cri-containerd-bbb.scope'],
      ['ccc', '/pod1/crio-ccc.scope'],
      ['eee', '/pod1/crio-eee'],
      ['fff', '/pod1/other-fff.scope'],
    ]),
  );
});
