import { waitFor } from '@solo-kubelet-tools/testbed';
import { podManifest, script } from '../../../e2e/src/kubelet/manifests.js';
import { removeBarePod, startBarePod } from '../bare-cri.js';
import type { Participant } from './participant.js';

/** One thing that is measured: what it is called, its unit, and the values of one round by participant. */
export interface Measured {
  readonly figure: string;
  readonly unit: 's' | '% of a core' | 'MiB';
  readonly participant: string;
  readonly value: number;
}

/** The bare CRI calls with the best concurrency: what no kubelet can be faster than. */
export const FLOOR = 'bare CRI calls';

const NANOSECONDS_PER_MS = 1_000_000n;
const LIMIT_MS = 300_000;

/** Ends at once when told; its shell wakes once a second. */
const app = script('app', 'trap "exit 0" TERM; while :; do sleep 1; done');
const pod = (name: string, env: string): object =>
  podManifest(name, { containers: [{ ...app, env: [{ name: 'ROUND', value: env }] }], terminationGracePeriodSeconds: 5 });

/** When the newest container of a Pod started after a time, Unix ms, by the runtime's own record. */
const startOf = async (on: Participant, name: string, afterMs: number): Promise<number> => {
  const found = await waitFor(
    async () => (await on.containers(name)).find(({ startedAt }) => Number(startedAt / NANOSECONDS_PER_MS) >= afterMs),
    {
      what: `a start of ${name} by ${on.name}`,
      timeoutMs: LIMIT_MS,
      intervalMs: 20,
    },
  );
  return Number(found.startedAt / NANOSECONDS_PER_MS);
};

const isGone = (on: Participant, name: string): Promise<boolean> =>
  waitFor(async () => (await on.containers(name)).length === 0, {
    what: `the end of ${name} by ${on.name}`,
    timeoutMs: LIMIT_MS,
    intervalMs: 50,
  });

const seconds = (figure: string, on: string, ms: number): Measured => ({ figure, unit: 's', participant: on, value: ms / 1_000 });

/** A Pod is started, changed and removed. */
export const onePod = async (on: Participant, round: number): Promise<readonly Measured[]> => {
  const droppedAt = Date.now();
  await on.drop('one.json', pod('one', `${round}`));
  const started = (await startOf(on, 'one', droppedAt)) - droppedAt;
  const changedAt = Date.now();
  await on.drop('one.json', pod('one', `${round} again`));
  const updated = (await startOf(on, 'one', changedAt)) - changedAt;
  const removedAt = Date.now();
  await on.remove('one.json');
  await waitFor(async () => (await on.containers('one')).every(({ finishedAt }) => finishedAt > 0n), {
    what: `the stop of one by ${on.name}`,
    timeoutMs: LIMIT_MS,
    intervalMs: 10,
  });
  const removed = Date.now() - removedAt;
  await isGone(on, 'one');
  return [
    seconds('one Pod: manifest in place → container started', on.name, started),
    seconds('update: manifest changed → new container started', on.name, updated),
    seconds('removal: manifest gone → no running container', on.name, removed),
  ];
};

/** The floor of `onePod`'s first figure, on the same runtime. */
export const onePodBare = async (on: Participant, round: number): Promise<readonly Measured[]> => {
  const calledAt = Date.now();
  const { startedAtMs, podSandboxId } = await startBarePod(on.bed, `bare-${round}`);
  await removeBarePod(on.bed, podSandboxId);
  return [seconds('one Pod: manifest in place → container started', FLOOR, startedAtMs - calledAt)];
};

/** The first restart of a container that ends with an error. */
export const crash = async (on: Participant, round: number): Promise<readonly Measured[]> => {
  const name = `crash-${round}`;
  await on.drop('crash.json', podManifest(name, { containers: [script('app', 'sleep 1; exit 1')] }));
  const gap = await waitFor(
    async () => {
      const [first, second] = (await on.containers(name)).filter(({ startedAt }) => startedAt > 0n).slice(-2);
      // The runtime's record of the first may be gone by the third.
      return first && second && first.finishedAt > 0n ? Number((second.startedAt - first.finishedAt) / NANOSECONDS_PER_MS) : undefined;
    },
    { what: `a restart by ${on.name}`, timeoutMs: LIMIT_MS, intervalMs: 20 },
  );
  await on.remove('crash.json');
  await isGone(on, name);
  return [seconds('crash: container ended → started again', on.name, gap)];
};

/** How often /pods is asked while an end is waited for, ms. */
const ASK_MS = 5;

/** From the end of a container, by the runtime's record, until /pods tells of it. Nothing else asks the runtime meanwhile. */
export const statusLatency = async (on: Participant, round: number): Promise<readonly Measured[]> => {
  const name = `ends-${round}`;
  await on.drop('ends.json', podManifest(name, { restartPolicy: 'Never', containers: [script('app', 'sleep 2')] }));
  const seenAt = await waitFor(
    async () => {
      const shown = (await on.shownPods()).find(({ metadata }) => metadata.name.startsWith(name));
      return shown?.status?.containerStatuses?.[0]?.state?.terminated === undefined ? undefined : Date.now();
    },
    { what: `the end of ${name} in /pods of ${on.name}`, timeoutMs: LIMIT_MS, intervalMs: ASK_MS },
  );
  const ended = await waitFor(async () => (await on.containers(name)).find(({ finishedAt }) => finishedAt > 0n), {
    what: `the record of the end of ${name}`,
    timeoutMs: LIMIT_MS,
    intervalMs: 20,
  });
  await on.remove('ends.json');
  await isGone(on, name);
  return [seconds('container ended → status in /pods', on.name, seenAt - Number(ended.finishedAt / NANOSECONDS_PER_MS))];
};

const inOrder = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Many Pods at once; they stay. */
export const burst = async (on: Participant, count: number): Promise<readonly Measured[]> => {
  const cpuBefore = await on.cpuSeconds();
  const droppedAt = Date.now();
  await Promise.all(inOrder(count).map((index) => on.drop(`many-${index}.json`, pod(`many-${index}`, ''))));
  await waitFor(async () => (await on.running()) >= count, { what: `${count} Pods of ${on.name}`, timeoutMs: LIMIT_MS, intervalMs: 100 });
  let last = 0;
  for (const index of inOrder(count)) last = Math.max(last, await startOf(on, `many-${index}`, droppedAt));
  const cpu = (await on.cpuSeconds()) - cpuBefore;
  return [
    seconds(`${count} Pods at once: last container started`, on.name, last - droppedAt),
    { figure: `${count} Pods at once: CPU of the kubelet`, unit: 's', participant: on.name, value: cpu },
  ];
};

/** The floor of a burst, on the same runtime. */
export const burstBare = async (on: Participant, count: number): Promise<readonly Measured[]> => {
  const calledAt = Date.now();
  const pods = await Promise.all(inOrder(count).map((index) => startBarePod(on.bed, `floor-${index}`)));
  const last = Math.max(...pods.map(({ startedAtMs }) => startedAtMs)) - calledAt;
  await Promise.all(pods.map(({ podSandboxId }) => removeBarePod(on.bed, podSandboxId)));
  return [seconds(`${count} Pods at once: last container started`, FLOOR, last)];
};

/** Takes the Pods of a burst away again. */
export const endBurst = async (on: Participant, count: number): Promise<void> => {
  await Promise.all(inOrder(count).map((index) => on.remove(`many-${index}.json`)));
  for (const index of inOrder(count)) await isGone(on, `many-${index}`);
};

/** What a kubelet costs while nothing happens. Participants rest in the same seconds. */
export const rest = async (all: readonly Participant[], pods: number, restSeconds: number): Promise<readonly Measured[]> => {
  const before = await Promise.all(all.map((each) => each.cpuSeconds()));
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, restSeconds * 1_000));
  const passed = (performance.now() - startedMs) / 1_000;
  const measured: Measured[] = [];
  for (const [index, on] of all.entries()) {
    const cpu = (((await on.cpuSeconds()) - (before[index] ?? 0)) / passed) * 100;
    measured.push({ figure: `at rest, ${pods} Pods: CPU`, unit: '% of a core', participant: on.name, value: cpu });
    measured.push({ figure: `at rest, ${pods} Pods: memory (PSS)`, unit: 'MiB', participant: on.name, value: await on.pssMiB() });
  }
  return measured;
};

/** A kubelet that starts while its Pods run. */
export const restart = async (on: Participant, pods: number): Promise<readonly Measured[]> => {
  const { healthyMs, readyMs } = await on.restart(pods);
  return [
    seconds(`start with ${pods} running Pods: until /healthz`, on.name, healthyMs),
    seconds(`start with ${pods} running Pods: until all are Ready in /pods`, on.name, readyMs),
  ];
};
