import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { carryOut, undo } from './carry-out.js';
import { type InstallOptions, installPlan, kubeApiOfUnit } from './install-plan.js';
import { programVersion } from './program-version.js';

let root: string;
const options = (change: Partial<InstallOptions> = {}): InstallOptions => ({
  root,
  nodeBinary: '/usr/bin/node',
  program: '/opt/bin.js',
  runtimeEndpoint: 'unix:///run/containerd/containerd.sock',
  runtimeUnit: 'containerd.service',
  cgroupDriver: undefined,
  ...change,
});
const config = (): string => join(root, 'etc/kubernetes/kubelet.yaml');
const unit = (): string => join(root, 'etc/systemd/system/solo-kubelet.service');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'solo-kubelet-install-'));
  await carryOut([{ type: 'directory', path: join(root, 'etc/systemd/system'), mode: 0o755 }]);
});
afterEach(() => rm(root, { recursive: true }));

it('writes a unit that is restarted when it hangs and leaves containers alone', async () => {
  await carryOut(installPlan(options()));
  const text = await readFile(unit(), 'utf8');
  for (const line of [
    'Type=notify',
    'TimeoutStartSec=10min',
    'WatchdogSec=5min',
    'StartLimitIntervalSec=0',
    'KillMode=process',
    'ExecStart=/usr/bin/node /opt/bin.js run --config /etc/kubernetes/kubelet.yaml --supply-pod-network $KUBELET_EXTRA_ARGS',
    'Wants=containerd.service',
  ]) {
    expect(text).toContain(line);
  }
  expect(parse(await readFile(config(), 'utf8'))).toMatchObject({
    kind: 'KubeletConfiguration',
    staticPodPath: '/etc/kubernetes/manifests',
  });
});

it('says where the API of the node is served, also that it is nowhere, so that an upgrade can keep it', () => {
  const unitText = (kubeApi?: string): string => {
    const step = installPlan(options(kubeApi === undefined ? {} : { kubeApi })).find(({ path }) => path === unit());
    return step?.type === 'file' ? step.text : '';
  };
  expect(unitText('127.0.0.1:6443')).toContain(
    ' --config /etc/kubernetes/kubelet.yaml --supply-pod-network --kube-api 127.0.0.1:6443 $KUBELET_EXTRA_ARGS\n',
  );
  expect([undefined, 'off', '[::1]:7443'].map((kubeApi) => kubeApiOfUnit(unitText(kubeApi)))).toEqual([undefined, 'off', '[::1]:7443']);
});

it('starts the single executable, which is its own Node.js, by its own path alone', () => {
  const steps = installPlan(options({ nodeBinary: '/usr/bin/kubelet-cli', program: '/usr/bin/kubelet-cli' }));
  expect(steps.find(({ path }) => path === unit())).toMatchObject({
    text: expect.stringContaining(
      '\nExecStart=/usr/bin/kubelet-cli run --config /etc/kubernetes/kubelet.yaml --supply-pod-network $KUBELET_EXTRA_ARGS\n',
    ),
  });
});

it('writes the cgroup driver that the runtime told, and none that it did not', async () => {
  await carryOut(installPlan(options({ cgroupDriver: 'systemd' })));
  expect(parse(await readFile(config(), 'utf8'))).toMatchObject({ cgroupDriver: 'systemd', address: '127.0.0.1' });
  await rm(config());
  await carryOut(installPlan(options()));
  expect(parse(await readFile(config(), 'utf8'))).not.toHaveProperty('cgroupDriver');
});

it('changes nothing the second time, and keeps a configuration that was edited', async () => {
  await carryOut(installPlan(options()));
  expect((await carryOut(installPlan(options()))).every(({ outcome }) => outcome === 'unchanged')).toBe(true);
  await writeFile(config(), 'mine');
  expect(await carryOut(installPlan(options()))).toContainEqual({ path: config(), outcome: 'kept' });
  expect(await readFile(config(), 'utf8')).toBe('mine');
});

it('removes what it made, and not what was edited', async () => {
  await carryOut(installPlan(options()));
  await writeFile(config(), 'mine');
  await undo(installPlan(options()));
  await expect(access(unit())).rejects.toThrow();
  expect(await readFile(config(), 'utf8')).toBe('mine');
  await access(join(root, 'etc/kubernetes/manifests'));
});

it('writes a unit whose programs lie under names with blanks, quotes and per cents, and a runtime likewise', async () => {
  const odd = { nodeBinary: '/opt/my node/%n', program: '/srv/a "b"/$x/bin.js', runtimeEndpoint: 'unix:///run/a b: #c.sock' };
  await carryOut(installPlan(options(odd)));
  expect(await readFile(unit(), 'utf8')).toContain(
    'ExecStart="/opt/my node/%%n" "/srv/a \\"b\\"/$$x/bin.js" run --config /etc/kubernetes/kubelet.yaml --supply-pod-network $KUBELET_EXTRA_ARGS\n',
  );
  expect(parse(await readFile(config(), 'utf8'))).toMatchObject({ containerRuntimeEndpoint: odd.runtimeEndpoint });
});

it('writes another unit for another program at the same path', async () => {
  const program = join(root, 'dist/bin.js');
  await carryOut([{ type: 'directory', path: join(root, 'dist'), mode: 0o755 }]);
  const installed = async () => {
    const plan = installPlan(
      options({ program, programVersion: await programVersion(program, { productVersion: '0.1.0', nodeVersion: '20.19.0' }) }),
    );
    return (await carryOut(plan)).find(({ path }) => path === unit())?.outcome;
  };
  await writeFile(program, 'one');
  expect(await installed()).toBe('made');
  expect(await installed()).toBe('unchanged');
  await writeFile(program, 'two');
  expect(await installed()).toBe('made');
});
