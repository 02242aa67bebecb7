import { writeFile } from 'node:fs/promises';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { it } from 'vitest';
import { podManifest, script, sleeper } from '../../e2e/src/kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../../e2e/src/kubelet/node.js';
import { removeBarePod, startBarePod } from './bare-cri.js';
import { type Figure, report, spread } from './figures.js';
import { cpuPercent, pssMiB } from './process-cost.js';

const RUNS = 7;
const MANY = 30;
const IDLE_SECONDS = 30;
/** Until the kubelet has handed back what the work took: ten seconds of quiet, then a few collections. */
const SETTLE_SECONDS = 35;
const MS_PER_NANOSECOND = 1_000_000n;
/** Sleeps without waking: 30 pods that loop would be measured as load of the machine. */
const IDLE_POD = { containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }] };

const startedAt = async (node: TestNode, pod: string, after: number): Promise<number> => {
  const found = await waitFor(
    async () => (await node.containerStatuses(pod)).find(({ startedAt: at }) => Number(at / MS_PER_NANOSECOND) >= after),
    { what: `start of ${pod}`, intervalMs: 10 },
  );
  return Number(found.startedAt / MS_PER_NANOSECOND);
};

/** Times come from the runtime's own records (startedAt, finishedAt), so the bench's polling does not add to them. */
it('measures latencies, idle cost and memory', async () => {
  await using node = await startNode();
  const figures: Figure[] = [];
  const seconds = (name: string, values: readonly number[], goal?: string): void =>
    void figures.push({ name, unit: 's', spread: spread(values.map((ms) => ms / 1_000)), ...(goal ? { goal } : {}) });

  await node.drop('warm.yaml', sleeper('warm'));
  await node.pod('warm', isRunning);
  await node.remove('warm.yaml');
  await node.gone('warm');

  const [starts, bareStarts, ratios, updates, removals, crashes]: number[][] = [[], [], [], [], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    // Bare calls and kubelet in turn, so that the machine's moods fall on both.
    const bareAt = Date.now();
    const bare = await startBarePod(node.bed, `bare-${run}`);
    bareStarts!.push(bare.startedAtMs - bareAt);
    await removeBarePod(node.bed, bare.podSandboxId);

    const droppedAt = Date.now();
    await node.drop('one.yaml', sleeper('one'));
    starts!.push((await startedAt(node, 'one', droppedAt)) - droppedAt);
    ratios!.push(starts!.at(-1)! / bareStarts!.at(-1)!);
    await node.pod('one', isRunning);

    const changedAt = Date.now();
    await node.drop('one.yaml', sleeper('one', { env: [{ name: 'RUN', value: String(run) }] }));
    updates!.push((await startedAt(node, 'one', changedAt)) - changedAt);
    await node.pod('one', isRunning);

    const removedAt = Date.now();
    await node.remove('one.yaml');
    await waitFor(async () => !(await node.running()).has('one/app'), { what: 'end of one', intervalMs: 10 });
    removals!.push(Date.now() - removedAt);
    await node.gone('one');
  }
  for (let run = 0; run < RUNS; run += 1) {
    await node.drop('crash.yaml', podManifest(`crash-${run}`, { containers: [script('app', `sleep 1; exit 1`)] }));
    const [first, second] = await waitFor(
      async () => {
        const statuses = (await node.containerStatuses(`crash-${run}`)).filter(({ startedAt: at }) => at > 0n);
        return statuses.length >= 2 ? statuses : undefined;
      },
      { what: 'restart', intervalMs: 20 },
    );
    crashes!.push(Number((second!.startedAt - first!.finishedAt) / MS_PER_NANOSECOND));
    await node.remove('crash.yaml');
    await node.gone(`crash-${run}`);
  }
  seconds('one pod, bare CRI calls: call -> startedAt', bareStarts!);
  seconds('one pod: manifest renamed into place -> startedAt', starts!);
  figures.push({ name: 'the same over bare CRI calls', unit: 'x', spread: spread(ratios!), goal: 'at most 1.15' });
  seconds('manifest changed -> new startedAt', updates!, 'under 1.5 s and the stop time');
  seconds('manifest removed -> no running container', removals!);
  seconds('crash: finishedAt -> next startedAt', crashes!, 'under 0.3 s');

  const bareAt = Date.now();
  const bare = await Promise.all(Array.from({ length: MANY }, (_, index) => startBarePod(node.bed, `many-${index}`)));
  const bareLast = Math.max(...bare.map(({ startedAtMs }) => startedAtMs)) - bareAt;
  await Promise.all(bare.map(({ podSandboxId }) => removeBarePod(node.bed, podSandboxId)));
  const manyAt = Date.now();
  await Promise.all(Array.from({ length: MANY }, (_, index) => node.drop(`many-${index}.yaml`, podManifest(`many-${index}`, IDLE_POD))));
  const last: number[] = [];
  for (let index = 0; index < MANY; index += 1) last.push(await startedAt(node, `many-${index}`, manyAt));
  const manyLast = Math.max(...last) - manyAt;
  seconds(`${MANY} pods at once, bare CRI calls: last startedAt`, [bareLast]);
  seconds(`${MANY} pods at once: last startedAt`, [manyLast]);
  for (let index = 0; index < MANY; index += 1) await node.pod(`many-${index}`, isRunning, 120_000);

  const { pid } = node.kubelet();
  await cpuPercent(pid, SETTLE_SECONDS);
  figures.push({
    name: `CPU at rest with ${MANY} pods`,
    unit: '% of a core',
    spread: spread([await cpuPercent(pid, IDLE_SECONDS)]),
    goal: 'under 1',
  });
  figures.push({ name: `memory (PSS) at rest with ${MANY} pods`, unit: 'MiB', spread: spread([await pssMiB(pid)]), goal: 'under 84' });
  const text = report(figures);
  console.log(text);
  if (process.env['BENCH_REPORT']) await writeFile(process.env['BENCH_REPORT'], text);
}, 900_000);
