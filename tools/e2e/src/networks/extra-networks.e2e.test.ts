import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { killProcess, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerdLayout } from '../../../../packages/standalone-node/src/containerd/layout.js';
import { processesOf } from '../../../../packages/standalone-node/src/containerd/processes.js';
import { labFault, run } from '../../cni/lab.js';
import { kubeletCli } from '../cli/command-line.js';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { BOTH, CAMERA_URL, createPlant, type Plant, TOOL_URL } from './plant.js';

const fault = await labFault();
if (fault !== undefined) console.warn(`pods with extra networks are not tested: ${fault}`);

let plant: Plant;
let node: TestNode;

/** Tells its interfaces as its first act, then sleeps. */
const viewer = (name: string, metadata: object = BOTH): object =>
  podManifest(name, { containers: [script('app', `ip -o link; ${SLEEP}`)] }, metadata);

interface Status {
  readonly name: string;
  readonly interface: string;
  readonly ips: readonly string[];
  readonly mac: string;
  readonly default?: boolean;
}
const statusesOf = (pod: Pod): readonly Status[] =>
  JSON.parse(pod.metadata.annotations?.['k8s.v1.cni.cncf.io/network-status'] ?? '[]') as readonly Status[];
const get = (pod: string, url: string) => node.exec(pod, `wget -qO- ${url}`);
const addressOf = (pod: string, ifName: string) => node.exec(pod, `ip -o address show ${ifName}; ip -o link show ${ifName}`);
const leftovers = () => plant.leftovers(node.bed.rootDirectory);
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A running pod with both networks, each exactly once. */
const expectConnected = async (name: string): Promise<Pod> => {
  const pod = await node.pod(name, (it) => isRunning(it) && statusesOf(it).length === 3, 90_000);
  const [primary, camera, tool] = statusesOf(pod) as [Status, Status, Status];
  expect(primary).toMatchObject({ interface: 'eth0', ips: [pod.status?.podIP], default: true });
  expect([camera.name, camera.interface]).toEqual(['plant/camera', 'net1']);
  expect([tool.name, tool.interface]).toEqual(['default/tool', 'tool0']);
  expect(await plant.leases()).toEqual([...camera.ips, ...tool.ips].sort());
  for (const { interface: ifName, ips, mac } of [primary, camera, tool]) {
    const shown = await addressOf(name, ifName);
    for (const text of [...ips, mac]) expect(shown).toContain(text);
  }
  expect(await get(name, CAMERA_URL)).toBe('hello');
  expect(await get(name, TOOL_URL)).toBe('hello');
  expect(await node.log(name)).toMatch(/net1[\s\S]*tool0/);
  return pod;
};

const remove = async (name: string): Promise<void> => {
  await node.remove(`${name}.yaml`);
  await node.gone(name);
};

describe.skipIf(fault !== undefined)('pods on a camera and a machine-tool network', () => {
  beforeAll(async () => {
    plant = await createPlant();
    node = await startNode({ flags: ['--network-dir', plant.networkDirectory, '--cni-plugin-dir', plant.lab.pluginDir] });
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    const left = [...(await node.bed.leaks()), ...(await leftovers())];
    await plant[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  it('reach a server on each from their first moment, keep both through a restart of the kubelet, and leave nothing', async () => {
    await node.drop('viewer.yaml', viewer('viewer'));
    const before = await expectConnected('viewer');
    const eth0 = await addressOf('viewer', 'eth0');
    const containers = await node.running();

    await node.restartKubelet();
    const after = await expectConnected('viewer');
    expect(statusesOf(after)).toEqual(statusesOf(before));
    expect(await addressOf('viewer', 'eth0')).toBe(eth0);
    expect(await node.running()).toEqual(containers);

    await remove('viewer');
    expect(await leftovers()).toEqual([]);
  });

  it('show in kubelet-cli describe and cni, whose other verbs leave them alone', async () => {
    await node.drop('viewer.yaml', viewer('viewer'));
    const pod = await expectConnected('viewer');
    const [, camera] = statusesOf(pod);
    const socket = join(node.bed.directory, 'kubelet.sock');
    const described = await kubeletCli(['describe', 'pod', 'viewer-node1', '--socket', socket]);
    expect(described.stdout).toMatch(/network-status:\n +\[\n/);
    expect(described.stdout).toContain(camera?.ips[0]);

    const confDir = containerdLayout(join(node.bed.directory, 'node'), join(node.bed.directory, 'run')).cniConfigDirectory;
    const places = ['--conf-dir', confDir, '--network-dir', plant.networkDirectory, '--plugin-dir', plant.lab.pluginDir];
    const cni = async (verb: string, ...rest: readonly string[]) => {
      const dashes = rest.indexOf('--');
      const [own, program] = dashes === -1 ? [rest, []] : [rest.slice(0, dashes), rest.slice(dashes)];
      const ran = await kubeletCli([
        ...['cni', verb, ...own, ...places, '--root-dir', node.bed.rootDirectory, '--cache-dir', plant.lab.cacheDir, ...program],
      ]);
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      return ran.stdout;
    };
    const leases = await plant.leases();
    const netns = await plant.lab.pod();
    expect(await cni('list')).toMatch(new RegExp(`plant/camera[\\s\\S]*camera +\\w{64} +net1 +${camera?.ips[0]}/28`));
    expect(await cni('status')).toMatch(/tool +yes[\s\S]*plant\/camera +yes/);
    expect(JSON.parse(await cni('add', 'plant/camera', netns.path))).toMatchObject({
      ips: [{ address: expect.stringMatching(/^10\.251\.46\./) }],
    });
    expect(await netns.run('ip', '-o', 'address', 'show', 'eth0')).toContain('10.251.46.');
    expect(await cni('check', 'plant/camera', netns.path)).toContain('as it was added');
    expect(await cni('gc')).toBe('nothing to release\n');
    expect(await plant.leases()).toHaveLength(leases.length + 1);
    await cni('del', 'plant/camera', netns.path);
    expect(await plant.leases()).toEqual(leases);
    await cni('add', 'tool', netns.path);
    await netns[Symbol.asyncDispose]();
    expect(await cni('gc')).toMatch(/^released eth0 of cnitool-\w+ on tool\n$/);
    expect(await cni('exec', 'tool', '--', 'ip', '-o', 'address', 'show', 'eth0')).toContain('10.251.47.');
    expect(await plant.leases()).toEqual(leases);
    await expectConnected('viewer');
    await remove('viewer');
    expect(await leftovers()).toEqual([]);
  });

  it('wait for a network whose file is missing, telling so, and start by themselves when it appears; others do not wait', async () => {
    await plant.removeCamera();
    await node.drop('early.yaml', viewer('early'));
    await node.drop('plain.yaml', sleeper('plain'));
    const event = await node.event('early', 'FailedCreatePodSandBox');
    expect(event.message).toContain('camera');
    expect(event.type).toBe('Warning');
    await node.pod('plain', isRunning);
    expect((await node.running()).has('early/app')).toBe(false);
    expect(await leftovers()).toEqual([]);
    const { items } = await node.bed.cri.runtime.listPodSandbox({});
    expect(items.filter(({ metadata }) => metadata?.name?.startsWith('early')).length).toBeLessThanOrEqual(1);

    await plant.writeCamera();
    await expectConnected('early');
    await remove('early');
    await remove('plain');
    expect(await leftovers()).toEqual([]);
  });

  describe('when the kubelet is killed in the middle of an ADD', () => {
    const killMidway = async (name: string, whileDown: () => Promise<void>): Promise<void> => {
      await writeFile(plant.slowMark, '');
      await node.drop(`${name}.yaml`, viewer(name));
      await waitFor(() => exists(plant.startedMark), { what: 'the ADD to begin' });
      await node.restartKubelet('SIGKILL', async () => {
        expect(await plant.leases()).toHaveLength(1);
        await Promise.all([plant.slowMark, plant.startedMark].map((path) => rm(path)));
        await whileDown();
      });
    };

    it('are connected afterwards, once', async () => {
      await killMidway('viewer', async () => {});
      await expectConnected('viewer');
      await remove('viewer');
      expect(await leftovers()).toEqual([]);
    });

    it('leave nothing when nobody wants them any more', async () => {
      await killMidway('viewer', () => node.remove('viewer.yaml'));
      await waitFor(async () => (await leftovers()).length === 0, { what: 'the networks to be released' });
      await waitFor(async () => (await node.bed.cri.runtime.listPodSandbox({})).items.length === 0, { what: 'the sandbox to go' });
      expect(await run('sh', '-c', 'grep -lsz CNI_IFNAME=tool0 /proc/[0-9]*/environ || true')).toBe('');
      expect(await leftovers()).toEqual([]);
    });
  });

  it('that are removed while containerd is down leave nothing', async () => {
    await node.drop('viewer.yaml', viewer('viewer'));
    await expectConnected('viewer');
    await node.bed.containerd.kill('SIGKILL');
    await node.remove('viewer.yaml');
    await node.bed.containerd.start();
    await node.gone('viewer');
    expect(await leftovers()).toEqual([]);
  });

  it('are connected anew after a reboot, and leave nothing of before', async () => {
    await node.drop('viewer.yaml', viewer('viewer'));
    await expectConnected('viewer');
    const { containerd, directory } = node.bed;
    const layout = containerdLayout(join(directory, 'node'), join(directory, 'run'));
    await node.restartKubelet('SIGKILL', async () => {
      await containerd.kill('SIGKILL');
      for (const pid of await processesOf(layout)) killProcess(pid, 'SIGKILL');
      await waitFor(async () => (await processesOf(layout)).length === 0, { what: 'every process to end' });
      // What lies below /run is gone after a reboot: namespaces and sockets.
      const mounts = (await run('findmnt', '-rno', 'TARGET')).split('\n').filter((path) => path.startsWith(`${layout.runDirectory}/`));
      for (const path of mounts.reverse()) await run('umount', '-l', path);
      for (const name of await readdir(layout.runDirectory)) await rm(join(layout.runDirectory, name), { recursive: true, force: true });
      await containerd.start();
    });
    await expectConnected('viewer');
    await remove('viewer');
    expect(await leftovers()).toEqual([]);
  });
});
