import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from './machine.js';
import { putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownPods } from './shown-pods.js';

const MEMORY_MIB = 512;
const SWITCHED_ON = '2000-01-01T00:00:00';
/** As early as it can be: before anything has opened a file of the root for writing. */
const READ_ONLY_ROOT = `[Unit]
DefaultDependencies=no
After=systemd-remount-fs.service var.mount
Before=local-fs.target systemd-journal-flush.service
[Service]
Type=oneshot
ExecStart=/bin/mount -o remount,bind,ro /
[Install]
WantedBy=local-fs.target
`;

describe.skipIf(skipped)(title(`, ${MEMORY_MIB} MiB of memory, a clock without a battery, a root that is read-only`), () => {
  let machine: Machine;
  let shown: ShownPods;
  beforeAll(async () => {
    machine = await startPreparedMachine({ memoryMiB: MEMORY_MIB, clock: SWITCHED_ON });
    shown = createShownPods(machine);
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const running = async (...names: readonly string[]): Promise<ReadonlyMap<string, string | undefined>> => {
    const ids = new Map<string, string | undefined>();
    for (const name of names) ids.set(name, (await shown.untilReady(name)).containerID);
    return ids;
  };
  const now = async (): Promise<number> => Number(await machine.must('date +%s')) * 1_000;
  /** Of the kubelet's certificate, as a client sees it. */
  const expiry = async (): Promise<number> => {
    const { stdout } = await machine.run('curl --insecure --verbose https://127.0.0.1:10250/healthz 2>&1');
    return Date.parse(/expire date: (.*)/.exec(stdout)?.[1] ?? '');
  };

  it('two Pods run before the time is known', async () => {
    expect(await now()).toBeLessThan(Date.now() - 24 * 3_600_000);
    await machine.must(`date --utc --set ${SWITCHED_ON}`); // systemd lets no clock be before its own release
    await machine.must('kubelet-cli install');
    for (const name of ['guaranteed', 'half-limited']) await putManifest(machine, name, await text(`pods/${name}.yaml`));
    await running('guaranteed', 'half-limited');
  });

  it('once it is, they run on, another one starts, and the kubelet’s certificate is good', async () => {
    const before = await running('guaranteed', 'half-limited');
    await machine.must(`date --utc --set @${Math.floor(Date.now() / 1_000)}`);
    await putManifest(machine, 'best-effort', await text('pods/best-effort.yaml'));
    await running('best-effort');
    expect(await running('guaranteed', 'half-limited')).toEqual(before);
    await waitFor(async () => (await expiry()) > Date.now(), { what: 'a certificate that is good', ...PATIENCE });
  });

  it('after a boot with a root that is read-only but for /var, and a clock that is behind again, the Pods are back', async () => {
    await machine.must('mv /etc/kubernetes/manifests /var/lib/manifests');
    await machine.must('sed -i "s|^staticPodPath:.*|staticPodPath: /var/lib/manifests|" /etc/kubernetes/kubelet.yaml');
    await machine.must('echo "/var /var none bind 0 0" >> /etc/fstab');
    await machine.must('cat > /etc/systemd/system/read-only.service && systemctl enable read-only', { input: READ_ONLY_ROOT });
    await machine.reboot();
    expect((await machine.run('touch /etc/kubernetes/anything')).stderr).toContain('Read-only file system');
    expect(await now()).toBeLessThan(Date.now() - 24 * 3_600_000);
    const before = await running('guaranteed', 'half-limited', 'best-effort');
    await machine.must(`date --utc --set @${Math.floor(Date.now() / 1_000)}`);
    await machine.must('systemctl restart solo-kubelet');
    expect(await running('guaranteed', 'half-limited', 'best-effort')).toEqual(before);
  });

  it('there a Pod goes, and comes back', async () => {
    await machine.must('mv /var/lib/manifests/best-effort.yaml /run/');
    await waitFor(async () => (await shown.statusOf('best-effort')) === undefined && (await shown.statusOf('guaranteed')) !== undefined, {
      what: 'the end of best-effort',
      ...PATIENCE,
    });
    await machine.must('mv /run/best-effort.yaml /var/lib/manifests/');
    await running('best-effort');
  });

  it('the kernel has ended nothing for want of memory', async () => {
    expect((await machine.run('dmesg | grep -iE "out of memory|oom-kill"')).stdout).toBe('');
  });
});
