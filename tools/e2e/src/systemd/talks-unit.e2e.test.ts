import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import {
  kubeletBinary,
  lacksSystemdBed,
  type SystemdBed,
  startSystemdBed,
  TALKS_CONTAINERD,
  TALKS_CRIO,
  talksEnvironment,
  talksUnit,
  waitFor,
} from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleeper } from '../kubelet/manifests.js';

const lacking = lacksSystemdBed();
const UNIT = 'kubelet.service';
const POD_LOGS = '/var/log/pods/default_app-127.0.0.1_uid-1';

describe.skipIf(lacking !== undefined).each([
  { personality: 'cri-o' as const, runtime: TALKS_CRIO },
  { personality: 'containerd' as const, runtime: TALKS_CONTAINERD },
])(`the talk’s unit file with the endpoint of $personality${lacking === undefined ? '' : `: ${lacking}`}`, ({ personality, runtime }) => {
  let bed: SystemdBed;
  let fake: FakeCri;
  beforeAll(async () => {
    bed = await startSystemdBed();
    // The runtime, which is outside of the bed, does not see what the kubelet makes in it.
    await mkdir(join(POD_LOGS, 'app'), { recursive: true });
    fake = await createFakeCri({
      socketPath: join(bed.directory, 'cri.sock'),
      personality,
      // The containerd of Debian 12 and 13 does not know that call: there the flag counts.
      runtimeConfig: personality === 'cri-o' ? 'systemd' : 'unimplemented',
      infoCgroupDriver: 'systemd',
      images: [{ tags: ['localhost/solo-kubelet/busybox:1'] }],
    });
    const socket = runtime.endpoint.replace('unix://', '');
    await shell(`mkdir -p ${dirname(socket)} /var/lib/kubelet /etc/kubernetes/manifests; ln -sf ${fake.endpoint.slice(7)} ${socket}`);
    await shell(`ln -sf ${kubeletBinary} /usr/bin/kubelet`);
    await put(`/etc/systemd/system/${runtime.service}`, '[Service]\nExecStart=sleep infinity\n');
    await put(`/etc/systemd/system/${UNIT}`, talksUnit(runtime));
    await put('/etc/kubernetes/kubelet', talksEnvironment(runtime));
    await bed.run('systemctl', 'daemon-reload');
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
    await fake?.[Symbol.asyncDispose]();
    await rm(POD_LOGS, { recursive: true, force: true });
    await rmdir(dirname(POD_LOGS)).catch(() => undefined);
  });

  const shell = async (script: string, input = ''): Promise<void> => {
    const { status, stderr } = await bed.runWith({ input }, 'sh', '-ec', script);
    expect([status, stderr]).toEqual([0, '']);
  };
  /** Writes a file inside the bed, in one step. */
  const put = (path: string, text: string): Promise<void> => shell(`cat > ${path}.new; mv ${path}.new ${path}`, text);
  const starts = (): number => fake.calls.filter(({ method }) => method === 'StartContainer').length;
  const state = async (): Promise<readonly string[]> =>
    Promise.all(['ActiveState', 'Result', 'NRestarts'].map((property) => bed.show(UNIT, property)));
  const untilContainers = async (count: number): Promise<void> => {
    try {
      await waitFor(async () => fake.containers.length === count || undefined, { what: `${count} containers`, timeoutMs: 60_000 });
    } catch (cause) {
      const { stdout } = await bed.run('journalctl', '--no-pager', '--lines=50');
      throw new Error(`the unit is ${await state()}:\n${stdout}`, { cause });
    }
  };

  it('starts unchanged, runs the Pod that was copied into its directory, and a restart leaves it alone', async () => {
    const { status, stderr } = await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'enable', '--now', UNIT);
    expect([status, stderr]).toEqual([0, expect.stringContaining('Created symlink')]);
    const pod = sleeper('app') as { metadata: object };
    const manifest = { ...pod, metadata: { ...pod.metadata, uid: 'uid-1' } };
    await put('/etc/kubernetes/manifests/pod.yaml', JSON.stringify(manifest));
    await untilContainers(1);
    await waitFor(async () => starts() === 1 || undefined, { what: 'its start', timeoutMs: 60_000 });
    expect(fake.sandboxes.map(({ config }) => config.metadata?.name)).toEqual(['app-127.0.0.1']);
    expect(await bed.show('kubepods-besteffort-poduid_1.slice', 'ActiveState')).toBe('active');
    expect(await state()).toEqual(['active', 'success', '0']);

    const pid = await bed.show(UNIT, 'MainPID');
    expect((await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'restart', UNIT)).status).toBe(0);
    expect(await bed.show(UNIT, 'MainPID')).not.toBe(pid);
    const { stdout } = await bed.run('sh', '-c', 'rm /etc/kubernetes/manifests/pod.yaml');
    expect(stdout).toBe('');
    await untilContainers(0);
    expect(starts()).toBe(1);
    expect(await state()).toEqual(['active', 'success', '0']);
  });

  it('ends with success when it is stopped', async () => {
    expect((await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'stop', UNIT)).status).toBe(0);
    expect(await state()).toEqual(['inactive', 'success', '0']);
  });
});
