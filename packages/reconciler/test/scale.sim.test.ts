import { fakeRuntime, nodeFacts, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { expect, it } from 'vitest';
import { liveBytes } from '../../kubelet-cli/test/live-heap.js';

/** Numbers of Pods, each held against the one before. `SCALE_PODS=100,1000,5000,20000` is the whole of it. */
const SIZES = (process.env['SCALE_PODS'] ?? '100,600').split(',').map(Number);
/** Most that a Pod may cost among many over what it costs among few. A cost that grows with their number would be six times as much. */
const MOST_RATIO = 2.5;
/** A busy machine makes single measurements dearer, never cheaper. */
const TRIES = 3;
/** Live bytes of a Pod that runs and of which nothing is asked, its manifest and its part of the runtime in memory included. */
const MOST_BYTES_PER_POD = 25_000;

const SECOND_MS = 1_000;
const REST_MS = 300 * SECOND_MS;
const LIMIT_MS = 3_600 * SECOND_MS;

/** CPU time for each Pod, ms, and live bytes for each. */
interface Costs {
  readonly start: number;
  /** Of a minute in which nothing happens. */
  readonly restMinute: number;
  /** Of all containers ending at once, until all run again. */
  readonly storm: number;
  readonly stop: number;
  readonly bytes: number;
}

interface Scale {
  readonly latencyMs?: () => number;
}

const measure = async (count: number, { latencyMs = () => 5 }: Scale = {}): Promise<Costs> => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, events: true, latencyMs });
  const kubelet = testKubelet({ runtime, scheduler, relistIntervalMs: SECOND_MS });
  kubelet.node(nodeFacts({ allocatable: { cpu: '4', memory: '8Gi', pods: `${count}`, 'ephemeral-storage': '20Gi' } }));
  kubelet.synced();
  await time.advance(SECOND_MS);
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  const forget = (): void => {
    kubelet.activities.length = 0;
    kubelet.events.length = 0;
    runtime.calls.length = 0;
  };
  /** CPU time of what is done and what comes of it, ms for each Pod. */
  const costOf = async (work: () => void, isDone: () => boolean): Promise<number> => {
    const before = process.cpuUsage();
    work();
    for (let passedMs = 0; !isDone(); passedMs += SECOND_MS) {
      expect(kubelet.crash).toBeUndefined();
      expect(passedMs, 'time until it is done').toBeLessThan(LIMIT_MS);
      await time.advance(SECOND_MS);
      forget();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / count;
  };
  const run = (restarts: number): boolean =>
    names.every((name) => {
      const [status] = kubelet.view(`uid-${name}`)?.pod.status?.containerStatuses ?? [];
      return status?.state?.running !== undefined && status.restartCount === restarts;
    });
  const empty = await liveBytes();
  const start = await costOf(
    () => {
      for (const name of names) kubelet.apply(pod(name));
    },
    () => run(0),
  );
  let restedMs = 0;
  const rest = await costOf(
    () => {},
    () => {
      restedMs += SECOND_MS;
      return restedMs > REST_MS;
    },
  );
  const bytes = ((await liveBytes()) - empty) / count;
  const storm = await costOf(
    () => {
      for (const { containers } of runtime.pods.values()) for (const { id } of containers) runtime.exit(id, 1);
    },
    () => run(1),
  );
  const stop = await costOf(
    () => {
      for (const name of names) kubelet.remove(`/m/${name}.yaml`);
    },
    () => kubelet.pods.size === 0 && runtime.pods.size === 0,
  );
  expect(runtime.violations).toEqual([]);
  kubelet.stop();
  return { start, restMinute: (rest * 60 * SECOND_MS) / REST_MS, storm, stop, bytes };
};

const KINDS = ['start', 'restMinute', 'storm', 'stop'] as const;
const told = (count: number, { start, restMinute, storm, stop, bytes }: Costs): string =>
  `${count} Pods: start ${start.toFixed(2)}, a minute of rest ${restMinute.toFixed(3)}, storm ${storm.toFixed(2)}, stop ${stop.toFixed(2)} ms of CPU each; ${(bytes / 1_000).toFixed(1)} kB each`;

const least = (all: readonly Costs[]): Costs =>
  all.reduce((a, b) => ({
    start: Math.min(a.start, b.start),
    restMinute: Math.min(a.restMinute, b.restMinute),
    storm: Math.min(a.storm, b.storm),
    stop: Math.min(a.stop, b.stop),
    bytes: Math.min(a.bytes, b.bytes),
  }));

it(`costs the same for each Pod, to start, to rest, to restart and to stop, of ${SIZES.join(', ')} Pods`, {
  timeout: 3_600_000,
}, async () => {
  // Compilers learn from the first ones.
  await measure(SIZES[0]!);
  let before: Costs | undefined;
  for (const count of SIZES) {
    const tries: Costs[] = [];
    const isFlat = (): boolean =>
      tries.length > 0 && KINDS.every((kind) => before === undefined || least(tries)[kind] < MOST_RATIO * before[kind]);
    while (!isFlat() && tries.length < TRIES) tries.push(await measure(count));
    const costs = least(tries);
    console.info(told(count, costs));
    for (const kind of KINDS)
      if (before !== undefined) expect(costs[kind] / before[kind], `${kind} of ${count} Pods`).toBeLessThan(MOST_RATIO);
    if (count >= 500) expect(costs.bytes, `bytes of each of ${count} Pods`).toBeLessThan(MOST_BYTES_PER_POD);
    before = costs;
  }
});

it('costs no more on a runtime whose calls take two seconds', { timeout: 600_000 }, async () => {
  const [quick, slow] = [await measure(150), await measure(150, { latencyMs: () => 2_000 })];
  console.info(`quick runtime, ${told(150, quick)}\nslow runtime, ${told(150, slow)}`);
  for (const kind of ['start', 'storm', 'stop'] as const) expect(slow[kind] / quick[kind], kind).toBeLessThan(MOST_RATIO);
});
