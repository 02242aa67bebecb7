import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { startNode, type TestNode } from '../kubelet/node.js';
import { randomFrom } from '../lifecycle/random-from.js';
import { createBed } from './happen.js';
import { forgottenOf, restartedUntouched, runningIds, violationsOf } from './laws.js';
import { lookAt, type Seen } from './seen.js';
import { describeHappening, drawPeriod, type Period, type SoakPod } from './soak-plan.js';

/** A random day, as long as wanted: `SOAK_MINUTES=10`. A failure names the seed, by which `SOAK_SEED` repeats it, and the period. */
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 1);
/** Without a length the day is the same each time: who looks for faults says how long. */
const SEED = Number(process.env['SOAK_SEED'] ?? (process.env['SOAK_MINUTES'] === undefined ? 14 : Date.now() % 1_000_000));

const MINUTE_MS = 60_000;
/** Until everything is as it should be after the last fault. */
const CALM_LIMIT_MS = 3 * MINUTE_MS;
/** Everything has to be right still after a while. */
const STILL_MS = 2_000;
/** Of the kubelet's root directory, so that it can be filled. */
const ROOT_DISK = '48m';
/** Open files of a kubelet at rest with eight Pods: sockets, watches, itself. */
const MOST_OPEN_FILES = 120;
const STEP_CLOCK = fileURLToPath(new URL('step-clock.cjs', import.meta.url));

const startSoakNode = async (): Promise<{ readonly node: TestNode; readonly clockPath: string }> => {
  // Known before the testbed is: the kubelet is told of it when it starts.
  const clockPath = `/tmp/solo-soak-clock-${process.pid}`;
  const node = await startNode({
    config: {
      // So soon is tried again what a full disk had no room for.
      fileCheckFrequency: '1s',
      // Containers are killed every few seconds: what a back-off of minutes does is told by tests in virtual time.
      crashLoopBackOff: { maxContainerRestartPeriod: '2s' },
      // A full disk is not to evict the Pods here, but to fail whatever is written.
      evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    },
    env: { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --require ${STEP_CLOCK}`.trim(), SOAK_CLOCK: clockPath },
    prepare: async ({ rootDirectory }) => {
      await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${ROOT_DISK},mode=0750`, 'soak', rootDirectory], { timeout: 20_000 });
    },
  });
  return { node, clockPath };
};

it(
  `keeps its laws on a day of ${MINUTES} minutes: edits, broken edits, crashes, full disks, clock steps, kubelets and runtimes that die`,
  async () => {
    console.log(`soak: SOAK_SEED=${SEED} SOAK_MINUTES=${MINUTES}`);
    const { node, clockPath } = await startSoakNode();
    const { bed } = node;
    {
      await using _ended = node;
      await soak(node, clockPath);
    }
    await rm(clockPath, { force: true });
    expect(await bed.leaks()).toEqual([]);
  },
  (MINUTES + 10) * MINUTE_MS + CALM_LIMIT_MS,
);

const soak = async (node: TestNode, clockPath: string): Promise<void> => {
  const day = createBed(node, clockPath);
  const endsAt = performance.now() + MINUTES * MINUTE_MS;
  let wanted: ReadonlyMap<string, SoakPod> = new Map();
  let running: ReadonlyMap<string, string> = new Map();
  /** Once a containerd was killed. */
  let forgotten: Set<string> | undefined;
  let happened = 0;
  let index = 0;
  for (; performance.now() < endsAt; index += 1) {
    const period = drawPeriod(randomFrom(SEED * 1_000 + index), wanted, index * 100);
    const told = tell(index, period);
    console.log(told);
    if (period.steps.some(({ happening }) => happening.type === 'endRuntime' && happening.signal === 'SIGKILL')) forgotten ??= new Set();
    try {
      await live(node, day.happen, period);
      await day.calm();
      if ((await endOf(node.kubelet())) === NO_RUNTIME) await node.restartKubelet();
      const seen = await untilRight(node, period.wanted, forgotten);
      expect(restartedUntouched(running, runningIds(seen), period.touched)).toEqual([]);
      expect((await readdir(`/proc/${node.kubelet().pid}/fd`)).length, 'open files of the kubelet').toBeLessThan(MOST_OPEN_FILES);
      running = runningIds(seen);
    } catch (cause) {
      const log = node.kubelet().log().slice(-LOG_TOLD);
      throw new Error(`SOAK_SEED=${SEED}, ${told}\n${(cause as Error).message}\nkubelet log:\n${log}`, { cause });
    }
    wanted = period.wanted;
    happened += period.steps.length;
  }
  for (const name of await readdir(bed(node))) await node.remove(name);
  await untilRight(node, new Map(), forgotten);
  console.log(
    `soak: ${index} periods, ${happened} happenings, ${forgotten?.size ?? 0} sandboxes that a killed containerd forgot, SOAK_SEED=${SEED}`,
  );
};

const LOG_TOLD = 12_000;
const bed = (node: TestNode): string => node.bed.manifestDirectory;

const tell = (index: number, { steps }: Period): string =>
  [`period ${index}:`, ...steps.map(({ happening, pauseMs }) => `  ${describeHappening(happening)}, ${pauseMs} ms`)].join('\n');

/** Exit status of a kubelet that found no runtime when it started; systemd's unit starts it again. */
const NO_RUNTIME = 4;

/** Lets everything of a period happen. The kubelet never ends by itself, unless it is started while there is no runtime. */
const live = async (
  node: TestNode,
  happen: (happening: Period['steps'][number]['happening']) => Promise<void>,
  { steps }: Period,
): Promise<void> => {
  for (const { happening, pauseMs } of steps) {
    const before = node.kubelet();
    await happen(happening);
    await delay(pauseMs); // the moments of what happens are what is random here
    if (node.kubelet() === before) expect([undefined, NO_RUNTIME], 'how the kubelet ended by itself').toContain(await endOf(before));
    if ((await endOf(node.kubelet())) === NO_RUNTIME) await node.restartKubelet();
  }
};

const endOf = ({ ended }: ReturnType<TestNode['kubelet']>): Promise<number | NodeJS.Signals | undefined> =>
  Promise.race([ended, delay(0).then(() => undefined)]);

/** Waits until nothing is wrong, and is so a moment later still. */
const untilRight = async (node: TestNode, pods: ReadonlyMap<string, SoakPod>, forgotten: Set<string> | undefined): Promise<Seen> => {
  const wanted = { pods, directory: node.bed.directory, nodeName: node.kubelet().nodeName, forgotten };
  const look = async (): Promise<Seen> => {
    // Statuses are held against the ones before, too: counts of restarts that go down fail the test at its end.
    await node.pods();
    const seen = await lookAt(node, [imageNames.busybox, imageNames.http]);
    const wrong = violationsOf(seen, wanted);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    return seen;
  };
  await waitFor(look, { what: 'everything as it should be', timeoutMs: CALM_LIMIT_MS, intervalMs: 500 });
  await delay(STILL_MS); // what is right by chance is wrong again by then
  const seen = await waitFor(look, { what: 'everything still as it should be', timeoutMs: STILL_MS, intervalMs: 500 });
  for (const id of forgottenOf(seen)) forgotten?.add(id);
  return seen;
};
