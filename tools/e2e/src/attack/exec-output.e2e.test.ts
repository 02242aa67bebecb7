import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, removeAll, STAY, statusOf } from '../lifecycle/watching.js';

/** What a kubelet may take more for any attack, MiB. */
const ROOM_MIB = 60;
/** Commands whose output the runtime sends whole, for each way to ask for one. */
const NOISY = 5;
/** Just under what the runtime and the kubelet take for one answer, 16 MiB. */
const ALMOST_ALL = 'head -c 15000000 /dev/zero';
/** Far over it. */
const TOO_MUCH = 'head -c 300000000 /dev/zero';
const WATCHED_MS = 20_000;

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** Resident memory of the kubelet, MiB: now, and at most since it was last asked to begin anew. */
const memory = async (): Promise<{ readonly now: number; readonly peak: number }> => {
  const status = await readFile(`/proc/${node.kubelet().pid}/status`, 'utf8');
  const of = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
};

const QUICK = { periodSeconds: 1, timeoutSeconds: 60, failureThreshold: 1 };
const exec = (text: string): object => ({ exec: { command: ['sh', '-c', text] } });
const probed = (name: string, kind: string, text: string): object =>
  podManifest(name, { containers: [script('app', STAY, { [kind]: { ...exec(text), ...QUICK } })] });

it('probes and hooks that write hundreds of MB at once cost the kubelet next to nothing, and get the result that they should', {
  timeout: 400_000,
}, async ({ onTestFinished }) => {
  await dropAll(node, probed('quiet', 'readinessProbe', 'echo well'));
  await node.pod('quiet', isRunning);
  await pause(5_000);
  const { now: before } = await memory();
  let peak = before;
  onTestFinished(() => console.log(`resident: ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most`));
  const many = (name: string, make: (name: string) => object): readonly object[] =>
    Array.from({ length: NOISY }, (_, at) => make(`${name}-${at}`));
  const pods = [
    ...many('ready', (name) => probed(name, 'readinessProbe', ALMOST_ALL)),
    ...many('stderr', (name) => probed(name, 'readinessProbe', `${ALMOST_ALL} >&2`)),
    probed('unready', 'readinessProbe', `echo why; ${ALMOST_ALL}; exit 3`),
    probed('unknown', 'readinessProbe', TOO_MUCH),
    podManifest('started', { containers: [script('app', STAY, { lifecycle: { postStart: exec(ALMOST_ALL) } })] }),
    podManifest('hooked', { containers: [script('app', STAY, { lifecycle: { postStart: exec(`${ALMOST_ALL}; echo the end; exit 4`) } })] }),
  ];
  await dropAll(node, ...pods);
  const look = setInterval(() => {
    memory().then(
      (now) => {
        peak = now.peak;
      },
      () => {},
    );
  }, 1_000);
  onTestFinished(() => clearInterval(look));
  await node.pod('started', isRunning, 150_000);
  await Promise.all(Array.from({ length: NOISY }, (_, at) => node.pod(`ready-${at}`, isRunning, 150_000)));
  await Promise.all(Array.from({ length: NOISY }, (_, at) => node.pod(`stderr-${at}`, isRunning, 150_000)));
  await pause(WATCHED_MS);
  ({ peak } = await memory());
  expect(await node.event('unready', 'Unhealthy')).toMatchObject({ message: expect.stringMatching(/^Readiness probe failed: why\n/) });
  expect(await node.event('hooked', 'FailedPostStartHook')).toMatchObject({ message: expect.stringContaining('exited with 4') });
  expect(statusOf(await node.pod('unknown', () => true)).ready).toBe(false);
  // Others are probed and started meanwhile.
  expect(statusOf(await node.pod('quiet', () => true)).ready).toBe(true);
  expect(peak - before).toBeLessThan(ROOM_MIB);
  await removeAll(node, ...pods.map((pod) => (pod as { metadata: { name: string } }).metadata.name), 'quiet');
});
