import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kubeletBinary } from '@solo-kubelet-tools/testbed';
import { type BurstCost, measureBurst, startBurstRuntime } from '../burst-cost/measure-burst.js';
import type { SmallForm } from './judge.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
/** So few that all have started before anything of them is written a second time, on a busy machine too. */
const PODS = 10;
const LIMIT_MS = 120_000;
/** Until the statuses of all Pods are recorded, ms. */
const RECORDED_MS = 2_500;

/** What an operation takes of libuv's: each is a task for one of its threads and two switches between threads. */
const OPERATIONS: Readonly<Record<string, number>> = { open: 2, readFile: 5, writeFile: 3, appendFile: 3, opendir: 3, 'handle.close': 0 };

/** Operations on files, from the counts of calls. `open` is counted with its close. */
export const operationsOf = (files: BurstCost['files']): number =>
  Object.entries(files).reduce((sum, [name, count]) => sum + count * (OPERATIONS[name] ?? 1), 0);

/** How often is looked depends on when events of the runtime come: that has a bound of its own. */
const isLook = (method: string): boolean =>
  ['ListContainers', 'ListPodSandbox', 'ContainerStatus', 'PodSandboxStatus', 'Status'].includes(method);
const sumOf = (calls: BurstCost['calls'], isWanted: (method: string) => boolean): number =>
  Object.entries(calls).reduce((sum, [method, count]) => sum + (isWanted(method) ? count : 0), 0);

/** CPU time of the bare calls for the same Pods on the same kind of runtime, s; and how many they are. */
const measureBare = async (): Promise<{ readonly cpu: number; readonly calls: number }> => {
  const fake = await startBurstRuntime();
  try {
    const tsx = require.resolve('tsx');
    const script = fileURLToPath(new URL('bare-pods.ts', import.meta.url));
    const args = ['--import', tsx, '--conditions=@solo-kubelet/source', script, fake.endpoint, String(PODS)];
    const { stdout } = await run(process.execPath, args, { timeout: LIMIT_MS });
    const afterFirst = fake.calls.slice(fake.calls.findIndex(({ method }) => method === 'RemovePodSandbox') + 1);
    const made = afterFirst.filter(({ method }) => method === 'StartContainer').length;
    if (made !== PODS) throw new Error(`the bare calls made ${made} Pods, not ${PODS}`);
    return { cpu: Number(stdout), calls: afterFirst.filter(({ method }) => !isLook(method)).length };
  } finally {
    await fake.close();
  }
};

/** Some rounds in turns, and of each value the least: what else a machine does makes it larger, never smaller. */
export const measureSmallForm = async (rounds: number, command = `${process.execPath} ${kubeletBinary}`): Promise<SmallForm> => {
  const least = {
    cpu: Number.POSITIVE_INFINITY,
    calls: Number.POSITIVE_INFINITY,
    looks: Number.POSITIVE_INFINITY,
    operations: Number.POSITIVE_INFINITY,
  };
  const bare = { cpu: Number.POSITIVE_INFINITY, calls: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round += 1) {
    const floor = await measureBare();
    bare.cpu = Math.min(bare.cpu, floor.cpu);
    bare.calls = Math.min(bare.calls, floor.calls);
    const { burst, calls, files } = await measureBurst(command, PODS, { inOneFile: true, afterMs: RECORDED_MS });
    least.cpu = Math.min(least.cpu, burst);
    least.calls = Math.min(
      least.calls,
      sumOf(calls, (method) => !isLook(method)),
    );
    least.looks = Math.min(least.looks, sumOf(calls, isLook));
    least.operations = Math.min(least.operations, operationsOf(files));
  }
  return {
    'calls of the runtime over the bare ones': least.calls / bare.calls,
    'looks at the runtime for each Pod': least.looks / PODS,
    'operations on files for each Pod': least.operations / PODS,
    'CPU time over that of the bare calls': least.cpu / bare.cpu,
  };
};
