import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { costOf } from '../../../packages/kubelet/test/read-objects.js';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { startNode, type TestNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';
import { cpuPercent, cpuSeconds, pssMiB } from './process-cost.js';

const MANY = 30;
/** So long that the one collection of garbage more or less in a stretch does not decide: thirty Pods at rest take some 3 ms of CPU a second. */
const REST_SECONDS = Number(process.env['REST_SECONDS'] ?? 120);
const STARTS = Number(process.env['STARTS'] ?? 24);
/** Rests in turns: a busy machine makes both equally slow. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
/** Until a kubelet has handed back what the work took. */
const SETTLE_SECONDS = 35;
const OBJECTS = 1_000;

const SPEC = {
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }],
};
const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: SPEC } },
});

/** Renamed into place → the container's startedAt, ms, by the runtime's own record. */
const startedAfterMs = async (node: TestNode, name: string, manifest: object): Promise<number> => {
  const beganMs = Date.now();
  await node.drop(`${name}.yaml`, manifest);
  const startedAt = await waitFor(
    async () => {
      const { containers } = await node.bed.cri.runtime.listContainers({});
      const container = containers.find(({ labels }) => labels['io.kubernetes.pod.name']?.startsWith(`${name}-`));
      // 0: made, and not started yet.
      return container && ((await node.bed.cri.runtime.containerStatus({ containerId: container.id })).status?.startedAt || undefined);
    },
    { what: name, timeoutMs: 60_000, intervalMs: 20 },
  );
  return Number(startedAt) / 1e6 - beganMs;
};

/** CPU of both over the same stretch of time, as per cent of a core. */
const restOf = async (pids: readonly number[]): Promise<readonly number[]> => {
  const before = await Promise.all(pids.map(cpuSeconds));
  const beganMs = performance.now();
  await cpuPercent(pids[0]!, REST_SECONDS);
  const seconds = (performance.now() - beganMs) / 1_000;
  return (await Promise.all(pids.map(cpuSeconds))).map((now, index) => ((now - before[index]!) / seconds) * 100);
};

/** What a Deployment of one Pod costs more than a Pod: two kubelets beside each other, starts in turns, and objects read without a runtime. */
it('measures what workloads cost beside plain Pods', { timeout: 3_600_000 }, async () => {
  const figures: Figure[] = [];
  const read = async (name: string, eachInAFile: boolean): Promise<void> => {
    const seconds: number[] = [];
    for (let run = 0; run < 5; run += 1) seconds.push(((await costOf(OBJECTS, { eachInAFile })).ms * OBJECTS) / 1_000);
    figures.push({ name, unit: 's', spread: spread(seconds), goal: 'under 1 s' });
  };
  await read(`${OBJECTS} objects in ${OBJECTS / 4} files read and expanded`, false);
  await read(`${OBJECTS} objects in ${OBJECTS} files read and expanded`, true);

  await using made = await startNode();
  await using plain = await startNode();
  const [deployments, pods, more]: number[][] = [[], [], []];
  const start = async (node: TestNode, name: string, manifest: object): Promise<number> => {
    const ms = await startedAfterMs(node, name, manifest);
    await node.remove(`${name}.yaml`);
    await waitFor(async () => (await node.running()).size === 0, { what: 'ends', timeoutMs: 60_000 });
    return ms;
  };
  for (const node of [made, plain]) await start(node, 'warm', podManifest('warm', SPEC));
  for (let run = 0; run < STARTS; run += 1) {
    // Each the first in turn, and on the same node, so that nothing but the kind differs.
    const both: (readonly [number[], string, object])[] = [
      [deployments!, `made-${run}`, deployment(`made-${run}`)],
      [pods!, `plain-${run}`, podManifest(`plain-${run}`, SPEC)],
    ];
    // Both nodes do the same, so that none has more behind it when they rest.
    const node = run % 4 < 2 ? made : plain;
    for (const [times, name, manifest] of run % 2 === 0 ? both : both.toReversed()) times.push(await start(node, name, manifest));
    more!.push(deployments!.at(-1)! - pods!.at(-1)!);
  }
  figures.push(
    { name: 'Deployment in place → its Pod started', unit: 'ms', spread: spread(deployments!), goal: 'a Pod + 20' },
    { name: 'Pod in place → started', unit: 'ms', spread: spread(pods!) },
    { name: 'Deployment more than Pod, pair by pair', unit: 'ms', spread: spread(more!) },
  );

  for (let index = 0; index < MANY; index += 1) {
    await made.drop(`idle-${index}.yaml`, deployment(`idle-${index}`));
    await plain.drop(`idle-${index}.yaml`, podManifest(`idle-${index}`, SPEC));
  }
  for (const node of [made, plain])
    await waitFor(async () => (await node.running()).size === MANY, { what: 'all Pods', timeoutMs: 300_000 });
  const pids = [made, plain].map((node) => node.kubelet().pid);
  await cpuPercent(pids[0]!, SETTLE_SECONDS);
  const rests: (readonly number[])[] = [];
  const sizes: (readonly number[])[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rests.push(await restOf(pids));
    sizes.push(await Promise.all(pids.map(pssMiB)));
  }
  const of = (values: readonly (readonly number[])[], index: number): readonly number[] => values.map((value) => value[index]!);
  figures.push(
    { name: `CPU at rest, ${MANY} Deployments`, unit: '% of a core', spread: spread(of(rests, 0)) },
    { name: `CPU at rest, ${MANY} Pods`, unit: '% of a core', spread: spread(of(rests, 1)) },
    { name: 'CPU over that of Pods', unit: 'x', spread: spread(rests.map(([a = 0, b = 0]) => a / b)), goal: '1.10' },
    { name: `PSS at rest, ${MANY} Deployments`, unit: 'MiB', spread: spread(of(sizes, 0)) },
    { name: 'PSS more than Pods', unit: 'MiB', spread: spread(sizes.map(([a = 0, b = 0]) => a - b)), goal: '8' },
  );
  process.stdout.write(`${report(figures)}\n`);
  expect((await made.running()).size).toBe(MANY);
});
