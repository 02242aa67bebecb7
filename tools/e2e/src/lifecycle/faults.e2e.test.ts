import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { killProcess, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { randomFrom } from './random-from.js';
import { dropAll, eventOf, removeAll, STUBBORN, statusOf } from './watching.js';

const run = promisify(execFile);
const READY_SANDBOX = 0;
let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

/** A program that can be told from all others on the machine by its last argument. */
const markOf = (name: string): string => `${node.bed.directory}/${name}`;
const marked = (name: string, version = 1): object =>
  podManifest(name, {
    containers: [
      script('app', 'trap "exit 0" TERM; sleep 1000000 & wait $!', {
        env: [{ name: 'VERSION', value: String(version) }],
        args: ['sh', markOf(name)],
      }),
    ],
  });

/** Command lines of all processes of this machine. */
const commandLines = async (): Promise<readonly string[]> => {
  const { stdout } = await run('ps', ['-eo', 'args', '--no-headers', '-ww'], { maxBuffer: 1 << 24 });
  return stdout.split('\n');
};

/** Copies of a pod's program that run at this moment. */
const copiesOf = async (...names: readonly string[]): Promise<readonly number[]> => {
  const lines = await commandLines();
  return names.map((name) => lines.filter((line) => line.startsWith('sh -c trap') && line.endsWith(` ${markOf(name)}`)).length);
};

const sandboxesOf = async (name: string) => {
  const { items } = await node.bed.cri.runtime.listPodSandbox({
    filter: { labelSelector: { 'io.kubernetes.pod.name': `${name}-node1` } },
  });
  return items;
};

const restartedOnce = (pod: Parameters<typeof isRunning>[0]): boolean => isRunning(pod) && statusOf(pod).restartCount === 1;

it('a pod whose shim is killed runs again, once', async () => {
  await dropAll(node, marked('shimless'));
  await node.pod('shimless', isRunning);
  const [sandbox] = await sandboxesOf('shimless');
  const { stdout } = await run('pgrep', ['-f', `containerd-shim.* -id ${sandbox?.id} `]);
  for (const pid of stdout.trim().split('\n')) killProcess(Number(pid), 'SIGKILL');
  await node.pod('shimless', (pod) => isRunning(pod) && statusOf(pod).restartCount >= 1);
  expect(await copiesOf('shimless')).toEqual([1]);
  await removeAll(node, 'shimless');
  expect(await copiesOf('shimless')).toEqual([0]);
});

it('a pod whose pause process is killed gets a new sandbox, and runs in it once', async () => {
  await dropAll(node, marked('pauseless'));
  await node.pod('pauseless', isRunning);
  const [sandbox] = await sandboxesOf('pauseless');
  const { info } = await node.bed.cri.runtime.podSandboxStatus({ podSandboxId: sandbox?.id ?? '', verbose: true });
  killProcess((JSON.parse(info['info'] ?? '{}') as { pid: number }).pid, 'SIGKILL');
  await node.pod('pauseless', restartedOnce);
  await eventOf(node, 'pauseless', 'SandboxChanged');
  expect((await sandboxesOf('pauseless')).filter(({ state }) => state === READY_SANDBOX).map(({ metadata }) => metadata?.attempt)).toEqual([
    1,
  ]);
  expect(await copiesOf('pauseless')).toEqual([1]);
  await removeAll(node, 'pauseless');
});

const several = (prefix: string, count: number): readonly string[] => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

it('a containerd that dies in the middle of starting pods leaves each of them running once', async () => {
  const names = several('start', 8);
  await dropAll(node, ...names.map((name) => marked(name)));
  await waitFor(async () => (await copiesOf(...names)).includes(1), { what: 'the first of them' });
  await node.bed.containerd.kill('SIGKILL');
  await node.bed.containerd.start();
  for (const name of names) await node.pod(name, isRunning);
  expect(await copiesOf(...names)).toEqual(names.map(() => 1));
  for (const name of names) expect((await sandboxesOf(name)).filter(({ state }) => state === READY_SANDBOX)).toHaveLength(1);
  await removeAll(node, ...names);
  expect(await copiesOf(...names)).toEqual(names.map(() => 0));
});

it('a containerd that dies in the middle of stopping pods does not keep them from ending', async () => {
  const names = several('stop', 4);
  await dropAll(
    node,
    ...names.map((name) => podManifest(name, { terminationGracePeriodSeconds: 4, containers: [script('app', STUBBORN)] })),
  );
  for (const name of names) await node.pod(name, isRunning);
  for (const name of names) await node.remove(`${name}.json`);
  for (const name of names) await eventOf(node, name, 'Killing');
  await node.bed.containerd.kill('SIGKILL');
  await node.bed.containerd.start();
  for (const name of names) await node.gone(name);
  expect((await node.bed.cri.runtime.listPodSandbox({})).items).toEqual([]);
});

const KILLS = Number(process.env['SOLO_KUBELET_KILLS'] ?? 40);

it(
  `a kubelet killed at ${KILLS} random moments of churn doubles nothing, leaks nothing and loses nothing`,
  async () => {
    const seed = Number(process.env['SOLO_KUBELET_SEED'] ?? Date.now() % 1_000_000);
    console.log(`churn: ${KILLS} kills, SOLO_KUBELET_SEED=${seed}`);
    const random = randomFrom(seed);
    const names = several('churn', 6);
    const wanted = new Map<string, number>();
    const doubled: string[] = [];
    const churn = async (version: number): Promise<void> => {
      const name = names[Math.floor(random() * names.length)]!;
      if (wanted.has(name) && random() < 0.4) {
        wanted.delete(name);
        await node.remove(`${name}.json`);
      } else {
        wanted.set(name, version);
        await dropAll(node, marked(name, version));
      }
    };
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await churn(kill);
      await node.restartKubelet('SIGKILL', () => churn(kill + 0.5));
      await delay(random() * 2_000); // the moment of the kill is what is random here
      const copies = await copiesOf(...names);
      doubled.push(...names.filter((_, index) => (copies[index] ?? 0) > 1));
    }
    for (const name of names.slice(0, 3)) {
      wanted.set(name, 0);
      await dropAll(node, marked(name, 0));
    }
    for (const [name, version] of wanted) {
      await node.pod(name, (pod) => isRunning(pod) && pod.spec.containers[0]?.env?.[0]?.value === String(version), 120_000);
    }
    for (const name of names) if (!wanted.has(name)) await node.gone(name, 120_000);
    expect(doubled).toEqual([]);
    expect(await copiesOf(...names)).toEqual(names.map((name) => (wanted.has(name) ? 1 : 0)));
    await expectNothingElse(new Set(wanted.keys()));
    await removeAll(node, ...wanted.keys());
    await expectNothingElse(new Set());
  },
  60_000 + KILLS * 10_000,
);

/** Of these pods the runtime and the disk hold one sandbox and one directory each, and nothing besides. */
const expectNothingElse = async (names: ReadonlySet<string>): Promise<void> => {
  const { items } = await node.bed.cri.runtime.listPodSandbox({});
  const uids = items.map(({ metadata }) => metadata?.uid ?? '').sort();
  expect(items.map(({ metadata }) => metadata?.name.replace('-node1', '')).sort()).toEqual([...names].sort());
  const { containers } = await node.bed.cri.runtime.listContainers({});
  expect(containers.filter(({ state }) => state === 1)).toHaveLength(names.size);
  const { bed } = node;
  expect((await readdir(join(bed.rootDirectory, 'pods'))).sort()).toEqual(uids);
  await waitFor(
    async () =>
      (await readdir(bed.podLogsDirectory))
        .map((name) => name.split('_').at(-1))
        .sort()
        .join() === uids.join(),
    { what: 'log directories of those pods only' },
  );
  const addresses = (await readdir(join(bed.directory, 'node/cni/networks'), { recursive: true })).filter((name) =>
    /\/\d+\.\d+\.\d+\.\d+$/.test(name),
  );
  expect(addresses).toHaveLength(names.size);
};
