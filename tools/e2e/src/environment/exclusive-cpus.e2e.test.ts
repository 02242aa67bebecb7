import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { startKubelet, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';

/** All CPUs but the last are reserved, so that there is one to be had: on any machine with two or more. */
const count = cpus().length;
const last = `${count - 1}`;
const others = count === 2 ? '0' : `0-${count - 2}`;
const all = `0-${last}`;

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ config: { cpuManagerPolicy: 'static', reservedSystemCPUs: others } });
});
afterAll(() => node?.[Symbol.asyncDispose]());

const own = { resources: { limits: { cpu: '1', memory: '32Mi' } } };
const allowed = async (pod: string, container = 'app'): Promise<string> =>
  (await node.exec(pod, 'grep Cpus_allowed_list: /proc/self/status', container)).split(/\s+/)[1] ?? '';
const runsOn = (pod: string, list: string): Promise<unknown> =>
  waitFor(async () => ((await allowed(pod)) === list ? true : undefined), { what: `${pod} on CPUs ${list}` });
const state = async () => JSON.parse(await readFile(join(node.bed.rootDirectory, 'cpu_manager_state'), 'utf8')) as { entries?: object };

it('a container that asks for a whole CPU has it for itself, across restarts of the kubelet, until its pod ends', async ({ skip }) => {
  if (count < 2) return skip('this machine has one CPU: there is none to give away');
  await node.drop('side.yaml', sleeper('side'));
  await node.pod('side', isRunning);
  expect(await allowed('side')).toBe(all);

  const mill = podManifest('mill', {
    initContainers: [script('first', 'grep Cpus_allowed_list: /proc/self/status', own)],
    containers: [script('app', SLEEP, own)],
  });
  await node.drop('mill.yaml', mill);
  const { metadata } = await node.pod('mill', isRunning);
  expect(await allowed('mill')).toBe(last);
  expect((await node.log('mill', 'first')).split(/\s+/)[1]).toBe(last);
  await runsOn('side', others);
  expect((await node.exec('side', 'cat /sys/fs/cgroup/cpu/cpu.shares')).trim()).toBe('2');
  expect((await node.exec('mill', 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us')).trim()).toBe('-1');
  const podCgroup = join('/sys/fs/cgroup/cpu', node.bed.cgroupRoot, `kubepods/pod${metadata.uid}`);
  expect((await readFile(join(podCgroup, 'cpu.cfs_quota_us'), 'utf8')).trim()).toBe('-1');
  expect(await state()).toMatchObject({
    policyName: 'static',
    defaultCpuSet: others,
    entries: { [metadata.uid]: { app: last, first: last } },
  });

  await node.drop('late.yaml', sleeper('late'));
  await node.pod('late', isRunning);
  expect(await allowed('late')).toBe(others);
  await node.drop('lathe.yaml', sleeper('lathe', own));
  expect((await node.pod('lathe', hasPhase('Failed'))).status).toMatchObject({ reason: 'OutOfcpu' });

  const before = await node.running();
  await node.restartKubelet('SIGKILL');
  await node.pod('mill', isRunning);
  expect(await node.running()).toEqual(before);
  expect(await allowed('mill')).toBe(last);
  expect(await allowed('side')).toBe(others);

  await node.remove('mill.yaml');
  await node.gone('mill');
  await node.pod('lathe', isRunning);
  expect(await allowed('lathe')).toBe(last);
  await node.remove('lathe.yaml');
  await node.gone('lathe');
  await runsOn('side', all);
  await runsOn('late', all);
  expect((await state()).entries).toBeUndefined();
});

it('a kubelet with another policy does not start over what was given, and says how it would', async () => {
  await node.kubelet().end();
  const start = async (config: object) => {
    await using other = await startKubelet(node.bed, { config: { ...config } });
    return { status: await other.ended, log: other.log() };
  };
  const none = await start({ cpuManagerPolicy: 'none' });
  expect(none).toMatchObject({ status: 1, log: expect.stringContaining('differs from state checkpoint policy') });
  expect(none.log).toContain(`remove ${join(node.bed.rootDirectory, 'cpu_manager_state')}`);
  const unreserved = await start({ cpuManagerPolicy: 'static' });
  expect(unreserved).toMatchObject({
    status: 2,
    log: expect.stringContaining('the static policy requires systemreserved.cpu + kubereserved.cpu'),
  });
  const missing = await start({ cpuManagerPolicy: 'static', reservedSystemCPUs: '4096' });
  expect(missing).toMatchObject({ status: 1, log: expect.stringContaining('this machine has no CPU 4096 online') });
});
