import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import type { Machine } from './machine.js';
import { patient } from './patience.js';
import { pods } from './pods.js';
import { driver, putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownPods, SOCKET } from './shown-pods.js';

describe.skipIf(skipped)(title(`, driver ${driver}: clocks, disks, limits and upgrades`), () => {
  let machine: Machine;
  let shown: ShownPods;
  beforeAll(async () => {
    machine = await startPreparedMachine();
    shown = createShownPods(machine);
    await machine.must('echo 4 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages');
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const nodeCondition = async (wanted: string) => {
    const node = JSON.parse(await machine.must('kubelet-cli get node -o json')) as {
      readonly status: {
        readonly conditions: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
      };
    };
    return node.status.conditions.find(({ type }) => type === wanted);
  };

  it('the first Pod on a machine whose slices are not there yet has every limit, of huge pages too', async () => {
    await putManifest(machine, 'burstable', await text('pods/burstable.yaml'));
    await machine.must('kubelet-cli install');
    await shown.untilReady('burstable');
    const facts = await machine.must("nproc; awk '/^MemTotal/ { print $2 }' /proc/meminfo");
    const [cpus = 0, kibibytes = 0] = facts.trim().split('\n').map(Number);
    const values = parseCgroups(await machine.must('sh -s', { input: await text('read-cgroups.sh') }));
    expect(differences(values, [pods.burstable], { cpus, memoryBytes: kibibytes * 1024 })).toEqual([]);
  });

  it('a container that ends after the clock was set back, by a day and by ten years, is restarted once, seen, and still known after a restart of the kubelet', async () => {
    const ending = 'trap "exit 0" TERM; while [ ! -e /run/end ]; do sleep 1; done; rm /run/end; exit 3';
    await putManifest(machine, 'clock', pod('clock', 6, { command: ['sh', '-c', ending] }));
    await shown.untilReady('clock');
    for (const [restarts, back] of [
      [1, '-1 day'],
      [2, '-3650 days'],
    ] as const) {
      await machine.must(`date --set '${back}' && kubelet-cli exec clock -- touch /run/end`);
      await shown.untilContainer('clock', ({ restartCount, ready }) => restartCount === restarts && ready, `restart ${restarts}`);
    }
    const before = await shown.containerOf('clock');
    await machine.must('systemctl restart solo-kubelet');
    expect((await shown.untilReady('clock')).containerID).toBe(before?.containerID);
    await machine.must(`date --set @${Math.floor(Date.now() / 1_000)} && systemctl restart solo-kubelet`);
    expect(await shown.untilReady('clock')).toMatchObject({ containerID: before?.containerID, restartCount: 2 });
    expect(await machine.must('find /var/lib/kubelet -name "*.broken*"')).toBe('');
    await shown.remove('clock');
  });

  it('a memory limit below what is in use waits until that is free, and the container runs on', async () => {
    const holding = 'trap "exit 0" TERM; dd if=/dev/zero of=/dev/shm/held bs=1M count=42; touch /run/held; sleep 1000000 & wait';
    const manifest = (limit: string): string =>
      pod('resize', 7, {
        command: ['sh', '-c', holding],
        readinessProbe: { exec: { command: ['test', '-e', '/run/held'] }, periodSeconds: 5, timeoutSeconds: 20 },
        resources: { requests: { memory: '10Mi' }, limits: { memory: limit } },
      });
    const maximum = (): Promise<string> => machine.must('cat $(find /sys/fs/cgroup -path "*pod*0007*" -name memory.max) | sort -u');
    await putManifest(machine, 'resize', manifest('80Mi'));
    const { containerID } = await shown.untilReady('resize');
    await putManifest(machine, 'resize', manifest('20Mi'));
    const isRefused = async (): Promise<string | undefined> =>
      (await shown.statusOf('resize'))?.conditions?.find(({ type, reason }) => type === 'PodResizeInProgress' && reason === 'Error')
        ?.message;
    expect(await waitFor(isRefused, { what: 'a resize that waits', ...PATIENCE })).toMatch(/below current usage/);
    expect((await maximum()).split('\n')).toContain(`${80 << 20}`);
    await machine.must('kubelet-cli exec resize -- rm /dev/shm/held');
    const after = await shown.untilContainer('resize', ({ resources }) => resources?.limits?.['memory'] === '20Mi', '20Mi');
    expect(after).toMatchObject({ containerID, restartCount: 0, ready: true });
    expect((await maximum()).split('\n')).toContain(`${20 << 20}`);
  });

  it('a Pod that ends never seems to begin anew', async () => {
    await machine.must('systemd-run --unit=watch sh -c "exec kubelet-cli get pods -w > /run/watched"');
    await waitFor(async () => (await machine.run('grep resize /run/watched')).status === 0, { what: 'a watch', ...PATIENCE });
    await shown.remove('resize');
    await machine.must('systemctl stop watch');
    const seen = (await machine.must('grep ^resize /run/watched')).split('\n').filter((line) => line !== '');
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.filter((line) => !/ (Running|Terminating|Completed) /.test(line))).toEqual([]);
  });

  it('doctor finds nothing wrong with ports of its own service; the node is ready since it was; the disks of metrics have their numbers', async () => {
    expect((await machine.run('kubelet-cli doctor')).stdout).toMatch(/✓ Ports/);
    const readySince = async (): Promise<string | undefined> => (await nodeCondition('Ready'))?.lastTransitionTime;
    const first = await readySince();
    const metrics = await machine.must(`${SOCKET}/metrics/cadvisor`);
    expect(await readySince()).toBe(first);
    for (const family of [
      'container_fs_io_time_seconds_total',
      'container_fs_read_seconds_total',
      'container_fs_reads_merged_total',
      'container_fs_write_seconds_total',
      'container_fs_writes_merged_total',
    ]) {
      expect(metrics).toMatch(new RegExp(`^${family}\\{.*device="/dev/vda"`, 'm'));
    }
    const disk = await machine.must('lsblk --noheadings --nodeps --output MAJ:MIN /dev/vda');
    const [major = '', minor = ''] = disk.trim().split(':');
    expect(metrics).toMatch(new RegExp(`^container_blkio_device_usage_total\\{.*device="/dev/vda",major="${major}",minor="${minor}"`, 'm'));
  });

  it('install after a change of the program starts the service anew, and no container', async () => {
    const { containerID } = await shown.untilReady('burstable');
    const pid = await machine.must('systemctl show --property=MainPID --value solo-kubelet');
    expect(await machine.must('kubelet-cli install')).toContain('unchanged solo-kubelet.service runs already');
    expect(await machine.must('systemctl show --property=MainPID --value solo-kubelet')).toBe(pid);
    await machine.must('echo "// a later build" >> /opt/solo-kubelet/dist/bin.js');
    expect(await machine.must('kubelet-cli install')).toContain('restarted solo-kubelet.service with the new unit and program');
    expect(await machine.must('systemctl show --property=MainPID --value solo-kubelet')).not.toBe(pid);
    expect(await shown.untilReady('burstable')).toMatchObject({ containerID, restartCount: 0 });
  });

  it('of a disk that one Pod’s layer fills, that Pod alone is evicted, in two rounds', { timeout: patient(40 * 60_000) }, async () => {
    const [free = 0] = (await machine.must('stat --file-system --format="%a %S" /var/lib')).trim().split('\n').map(bytesOf);
    const threshold = Math.floor(free / (1 << 20)) - 500;
    await machine.must(
      `printf 'evictionHard:\\n  nodefs.available: ${threshold}Mi\\nevictionPressureTransitionPeriod: 5s\\n' >> /etc/kubernetes/kubelet.yaml`,
    );
    await machine.must('systemctl restart solo-kubelet');
    const innocents = ['guaranteed', 'best-effort'];
    for (const name of innocents) await putManifest(machine, name, await text(`pods/${name}.yaml`));
    const before = new Map<string, string | undefined>();
    for (const name of innocents) before.set(name, (await shown.untilReady(name)).containerID);
    for (const round of [1, 2]) {
      const culprit = `culprit-${round}`;
      const filling = 'trap "exit 0" TERM; dd if=/dev/zero of=/filled bs=1M count=800; sleep 1000000 & wait';
      await putManifest(machine, culprit, pod(culprit, 7 + round, { command: ['sh', '-c', filling] }));
      const isEvicted = async (): Promise<boolean> => (await shown.statusOf(culprit))?.reason === 'Evicted';
      await waitFor(isEvicted, { what: `the eviction of ${culprit}`, ...PATIENCE });
      await shown.remove(culprit);
      const hasRoom = async (): Promise<boolean> => (await nodeCondition('DiskPressure'))?.status === 'False';
      await waitFor(hasRoom, { what: 'room on the disk', ...PATIENCE });
      for (const name of innocents) {
        expect(await shown.untilReady(name)).toMatchObject({ containerID: before.get(name), restartCount: 0 });
      }
    }
  });
});

const bytesOf = (line: string): number => line.split(' ').reduce((product, number) => product * Number(number), 1);

/** A manifest in JSON, which is YAML too. */
const pod = (name: string, number: number, container: object): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: `00000000-0000-4000-8000-0000000000${`${number}`.padStart(2, '0')}` },
    spec: {
      terminationGracePeriodSeconds: 2,
      containers: [{ name: 'main', image: 'localhost/solo-kubelet/busybox:1', imagePullPolicy: 'Never', ...container }],
    },
  });
