import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { kubeletBinary, lacksSystemdBed, type SystemdBed, startSystemdBed, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type InstallOptions, installPlan, UNIT_PATH } from '../../../../packages/standalone-node/src/install/install-plan.js';
import { freePorts } from '../api/free-port.js';
import { sleeper } from '../kubelet/manifests.js';

const lacking = lacksSystemdBed();
const UNIT = 'solo-kubelet.service';
/** Of the kubelet, one after the other. */
const KILLS = Number(process.env['KUBELET_KILLS'] ?? 3);
const POD_SLICE = 'kubepods-besteffort-poduid_1.slice';

describe.skipIf(lacking !== undefined)(`the unit that install writes${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let bed: SystemdBed;
  let fake: FakeCri | undefined;
  let socketPath: string;
  let apiPort: number;
  beforeAll(async () => {
    bed = await startSystemdBed();
    [apiPort = 0] = await freePorts(1);
    socketPath = join(bed.directory, 'cri.sock');
    for (const directory of ['manifests', 'kubelet', 'logs']) await mkdir(join(bed.directory, directory));
    await put('/etc/kubernetes/kubelet.yaml', JSON.stringify(configuration()));
    await put(UNIT_PATH, unitText());
    await bed.run('systemctl', 'daemon-reload');
  });
  beforeEach(async () => {
    await bed.run('systemctl', 'stop', UNIT);
    await bed.run('systemctl', 'reset-failed');
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
    await fake?.[Symbol.asyncDispose]();
  });

  /** Writes a file inside the bed. */
  const put = async (path: string, input: string): Promise<void> => {
    await bed.runWith({ input }, 'sh', '-c', 'mkdir -p -- "$(dirname -- "$1")"; cat > "$1"', 'sh', path);
  };
  const configuration = (): object => ({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${socketPath}`,
    staticPodPath: join(bed.directory, 'manifests'),
    podLogsDir: join(bed.directory, 'logs'),
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    failSwapOn: false,
    failCgroupV1: false,
    enableServer: false,
    healthzPort: 0,
    shutdownGracePeriod: '3s',
  });
  const unitText = (change: (text: string) => string = (text) => text): string => {
    const options: InstallOptions = {
      root: '/',
      nodeBinary: process.execPath,
      program: kubeletBinary,
      runtimeEndpoint: `unix://${socketPath}`,
      runtimeUnit: undefined,
      cgroupDriver: 'systemd',
      kubeApi: `127.0.0.1:${apiPort}`,
    };
    const step = installPlan(options).find(({ path }) => path === UNIT_PATH);
    return change(step?.type === 'file' ? step.text : '');
  };
  /** Command lines in the unit's cgroup. */
  const processes = async (): Promise<string> => (await bed.run('systemctl', 'status', '--no-pager', '--lines=0', '--full', UNIT)).stdout;
  const until = (property: string, value: string, timeoutMs = 60_000): Promise<unknown> =>
    waitFor(async () => (await bed.show(UNIT, property)) === value || undefined, {
      what: `${property} ${value}`,
      timeoutMs,
      intervalMs: 300,
    });

  it('is one that systemd finds nothing wrong with', async () => {
    const { stdout, stderr } = await bed.run('systemd-analyze', 'verify', '--man=no', UNIT_PATH);
    expect(`${stdout}${stderr}`).not.toMatch(/solo-kubelet/);
  });

  it('starts while the runtime is silent, and a stop then is success', async () => {
    const { status, stderr } = await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'start', UNIT);
    expect([status, stderr]).toEqual([0, '']);
    expect(await bed.show(UNIT, 'StatusText')).toBe(`Waiting for the container runtime at unix://${socketPath}`);
    await bed.run('systemctl', 'stop', UNIT);
    expect([await bed.show(UNIT, 'Result'), await bed.show(UNIT, 'ExecMainStatus'), await bed.show(UNIT, 'ActiveState')]).toEqual([
      'success',
      '0',
      'inactive',
    ]);
  });

  it('runs a Pod in slices of systemd, which end with it; a killed kubelet leaves no helper behind', async () => {
    fake = await createFakeCri({
      socketPath,
      unimplemented: ['RuntimeConfig'],
      infoCgroupDriver: 'systemd',
      images: [{ tags: ['localhost/solo-kubelet/busybox:1'] }],
    });
    const manifest = join(bed.directory, 'manifests/pod.json');
    const pod = sleeper('app') as { metadata: object };
    await writeFile(manifest, JSON.stringify({ ...pod, metadata: { ...pod.metadata, uid: 'uid-1' } }));
    expect((await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'start', UNIT)).status).toBe(0);
    await until('StatusText', 'Running pods');
    await waitFor(
      async () => (await bed.run('stat', '-c', '%a', '/var/lib/kubelet/api/admin.kubeconfig')).stdout === '600\n' || undefined,
      {
        what: 'a kubeconfig for root alone',
      },
    );
    await waitFor(async () => (await bed.show(POD_SLICE, 'ActiveState')) === 'active' || undefined, { what: POD_SLICE });
    await waitFor(async () => fake?.containers.length === 1 || undefined, { what: 'a container' });

    const inhibitors = async (): Promise<string> => (await bed.run('systemd-inhibit', '--list', '--no-pager')).stdout;
    await waitFor(async () => /kubelet .*shutdown/.test(await inhibitors()) || undefined, { what: 'an inhibitor lock' });
    await waitFor(async () => (await processes()).includes('busctl') || undefined, { what: 'a watch over logind' });

    // Type=notify restarts it after RestartSec; look before that.
    await bed.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', UNIT);
    await until('ActiveState', 'activating');
    await waitFor(async () => !/busctl|systemd-inhibit/.test(await processes()) || undefined, { what: 'the end of the helpers' });
    expect(await inhibitors()).not.toMatch(/kubelet/);

    await until('NRestarts', '1');
    await until('StatusText', 'Running pods');
    expect(fake.containers).toHaveLength(1);
    await bed.run('rm', '--', manifest);
    await waitFor(async () => (await bed.show(POD_SLICE, 'ActiveState')) === 'inactive' || undefined, { what: 'the end of the slice' });
    const units = (await bed.run('systemctl', 'list-units', '--all', '--no-legend', '--plain', 'kubepods*')).stdout;
    expect(units.match(/^\S+/gm)?.toSorted()).toEqual(['kubepods-besteffort.slice', 'kubepods-burstable.slice', 'kubepods.slice']);

    const { stdout } = await bed.run('journalctl', '--utc', '--no-pager', '--output=short-precise', '--lines=200', `--unit=${UNIT}`);
    expect(stdout).toContain('Kubelet started');
  });

  it('is restarted by the watchdog when it hangs, and not while it lives', async () => {
    await put(
      UNIT_PATH,
      unitText((text) => text.replace('WatchdogSec=5min', 'WatchdogSec=20s').replace('RestartSec=10', 'RestartSec=1s')),
    );
    await bed.run('systemctl', 'daemon-reload');
    expect((await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'start', UNIT)).status).toBe(0);
    await until('StatusText', 'Running pods');
    const pid = await bed.show(UNIT, 'MainPID');
    const before = await bed.show(UNIT, 'WatchdogTimestampMonotonic');
    await waitFor(async () => (await bed.show(UNIT, 'WatchdogTimestampMonotonic')) !== before || undefined, { what: 'a sign of life' });
    await bed.run('kill', '-STOP', pid);
    await until('NRestarts', '1', 120_000);
    await until('StatusText', 'Running pods');
    expect(await bed.show(UNIT, 'MainPID')).not.toBe(pid);
  });

  it(`leaves nothing behind, killed ${KILLS} times`, { timeout: KILLS * 120_000 }, async () => {
    await put(
      UNIT_PATH,
      unitText((text) => text.replace('RestartSec=10', 'RestartSec=100ms')),
    );
    await bed.run('systemctl', 'daemon-reload');
    const starts = (): number => fake?.calls.filter(({ method }) => method === 'StartContainer').length ?? 0;
    const startsBefore = starts();
    const manifest = join(bed.directory, 'manifests/killed.json');
    const pod = sleeper('killed') as { metadata: object };
    await writeFile(manifest, JSON.stringify({ ...pod, metadata: { ...pod.metadata, uid: 'uid-2' } }));
    expect((await bed.runWith({ timeoutMs: 120_000 }, 'systemctl', 'start', UNIT)).status).toBe(0);
    await waitFor(async () => fake?.containers.length === 1 || undefined, { what: 'a container', timeoutMs: 60_000 });
    await waitFor(async () => starts() === startsBefore + 1 || undefined, { what: 'its start', timeoutMs: 60_000 });
    const remains = async () => {
      const units = (await bed.run('systemctl', 'list-units', '--all', '--no-legend', '--plain', 'kubepods*', 'run-*')).stdout;
      const { stdout: mounts } = await bed.run('cat', '/proc/mounts');
      // Not those that call systemd once, and are gone a moment later.
      const helpers = (await processes()).match(/busctl --system --json|systemd-inhibit /g) ?? [];
      const inhibitors = (await bed.run('systemd-inhibit', '--list', '--no-pager', '--no-legend')).stdout.match(/^kubelet /gm) ?? [];
      return { units: units.match(/^\S+/gm)?.toSorted(), mounts, helpers: helpers.toSorted(), inhibitors };
    };
    const hasHelpers = async (): Promise<true | undefined> => {
      const { helpers, inhibitors } = await remains();
      return (helpers.some((name) => name.startsWith('busctl')) && inhibitors.length > 0) || undefined;
    };
    await waitFor(hasHelpers, { what: 'its helpers', timeoutMs: 60_000 });
    const before = await remains();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await bed.run('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', UNIT);
      await until('NRestarts', `${kill}`);
      await until('StatusText', 'Running pods');
    }
    await waitFor(async () => JSON.stringify(await remains()) === JSON.stringify(before) || undefined, {
      what: 'what was there before',
      timeoutMs: 60_000,
    }).catch(() => {});
    expect(await remains()).toEqual(before);
    expect(starts()).toBe(startsBefore + 1);
    await bed.run('rm', '--', manifest);
    await waitFor(async () => fake?.containers.length === 0 || undefined, { what: 'the end of the container', timeoutMs: 60_000 });
  });

  it('is enabled and started by install, and gone after uninstall', async () => {
    const install = async (action: string) => {
      const env = `CONTAINER_RUNTIME_ENDPOINT=unix://${join(bed.directory, 'silent.sock')}`;
      return bed.runWith({ timeoutMs: 150_000 }, 'env', env, process.execPath, kubeletBinary, action);
    };
    const installed = await install('install');
    expect([installed.status, installed.stderr], installed.stdout).toEqual([0, expect.stringContaining('does not answer')]);
    expect(await bed.show(UNIT, 'ActiveState')).toBe('active');
    expect(await bed.show(UNIT, 'UnitFileState')).toBe('enabled');
    const kubeconfig = '/var/lib/kubelet/api/admin.kubeconfig';
    expect((await bed.run('stat', '-c', '%a', kubeconfig)).stdout).toBe('600\n');
    expect(JSON.parse((await bed.run('cat', kubeconfig)).stdout)).toMatchObject({
      clusters: [{ cluster: { server: `https://127.0.0.1:${apiPort}` } }],
    });
    expect((await install('uninstall')).status).toBe(0);
    expect(await bed.show(UNIT, 'ActiveState')).toBe('inactive');
    expect(await bed.show(UNIT, 'LoadState')).toBe('not-found');
    expect((await bed.run('stat', kubeconfig)).status).toBe(1);
  });
});
