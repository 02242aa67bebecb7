import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ContainerState } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { cpuSeconds, pssMiB } from '../process-cost.js';

/** CPU time, s, and calls. */
export interface BurstCost {
  /** From the start of the process until it has started and removed one Pod. */
  readonly start: number;
  /** From the first manifest until every container runs. */
  readonly burst: number;
  /** The main thread's part of `burst`. */
  readonly mainThread: number;
  /** From then on, for three seconds: what was put off. */
  readonly after: number;
  /** Proportional set size then, MiB. */
  readonly memory: number;
  /** Calls of the runtime until then, from the first manifest on. */
  readonly calls: Readonly<Record<string, number>>;
  /** Operations on files over the same time, by name; empty for a command that is no Node.js. */
  readonly files: Readonly<Record<string, number>>;
}

const run = promisify(execFile);

const LIMIT_MS = 120_000;
const AFTER_MS = 3_000;
/** A real runtime takes its time; without any, looks at Pods would come together that otherwise come one by one. */
const SANDBOX_MS = 150;
const START_MS = 50;

export interface BurstOptions {
  /** Whether all Pods are in one file, so that the directory is listed as often whatever else the machine does. Default: one file each. */
  readonly inOneFile?: boolean;
  /** How long is measured what was put off, ms. Default: 3000. */
  readonly afterMs?: number;
}

/** A runtime in memory that takes its time, with the image of a burst. */
export const startBurstRuntime = async (): Promise<FakeCri> => {
  const fake = await createFakeCri({ images: [{ tags: ['app:1'] }] });
  fake.fault({ method: 'RunPodSandbox', type: 'delay', ms: SANDBOX_MS, times: Number.POSITIVE_INFINITY });
  fake.fault({ method: 'StartContainer', type: 'delay', ms: START_MS, times: Number.POSITIVE_INFINITY });
  return fake;
};

/** Starts a kubelet by the words before `run`, gives it `pods` Pods at once, and ends it. */
export const measureBurst = async (
  command: string,
  pods: number,
  { inOneFile = false, afterMs = AFTER_MS }: BurstOptions = {},
): Promise<BurstCost> => {
  const directory = await mkdtemp(join(tmpdir(), 'burst-cost-'));
  const cgroupRoot = `/burst-${randomBytes(4).toString('hex')}`;
  const fake = await startBurstRuntime();
  const child = await start(command, { directory, cgroupRoot, endpoint: fake.endpoint });
  const pid = child.pid ?? 0;
  try {
    await drop(directory, 'warm');
    await running(fake, 1);
    await rm(join(directory, 'manifests', 'warm.json'));
    await waitFor(async () => fake.sandboxes.length === 0, { what: 'the end of the first Pod', timeoutMs: LIMIT_MS });
    fake.clearCalls();
    await fileOperations(pid, directory);
    const before = await cpuSeconds(pid);
    const mainBefore = await mainThreadSeconds(pid);
    await dropMany(directory, pods, inOneFile);
    await running(fake, pods);
    const atEnd = await cpuSeconds(pid);
    const mainAtEnd = await mainThreadSeconds(pid);
    await delay(afterMs);
    return {
      start: before,
      burst: atEnd - before,
      mainThread: mainAtEnd - mainBefore,
      after: (await cpuSeconds(pid)) - atEnd,
      memory: await pssMiB(pid),
      calls: countBy(fake.calls.map(({ method }) => method)),
      files: await fileOperations(pid, directory),
    };
  } finally {
    await end(child);
    await fake.close();
    await removeCgroup(cgroupRoot);
    // The kubelet makes its root directory a mount that is shared.
    await run('umount', [join(directory, 'kubelet')]).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
};

const COUNT_FILES = fileURLToPath(new URL('../small-form/count-files.cjs', import.meta.url));
const COUNTS_LIMIT_MS = 10_000;

/** What a kubelet has asked of files since it was last asked. */
const fileOperations = async (pid: number, directory: string): Promise<Readonly<Record<string, number>>> => {
  const path = join(directory, 'file-operations.json');
  await rm(path, { force: true });
  process.kill(pid, 'SIGUSR2');
  await waitFor(async () => existsSync(path), { what: 'the counts of file operations', timeoutMs: COUNTS_LIMIT_MS, intervalMs: 5 });
  return JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, number>>;
};

const countBy = (words: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

interface Places {
  readonly directory: string;
  readonly cgroupRoot: string;
  readonly endpoint: string;
}

const start = async (command: string, { directory, cgroupRoot, endpoint }: Places): Promise<ChildProcess> => {
  for (const name of ['manifests', 'kubelet', 'logs']) await mkdir(join(directory, name));
  const config = join(directory, 'kubelet.json');
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: endpoint,
    staticPodPath: join(directory, 'manifests'),
    podLogsDir: join(directory, 'logs'),
    cgroupRoot,
    maxPods: 10_000,
    failSwapOn: false,
    failCgroupV1: false,
    enableServer: false,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
  };
  await writeFile(config, JSON.stringify(configuration));
  const socket = join(directory, 'kubelet.sock');
  const flags = ['--config', config, '--root-dir', join(directory, 'kubelet'), '--hostname-override', 'bench', '--api-socket', socket];
  const [program = '', ...rest] = command.split(/ +/);
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --require ${COUNT_FILES}`.trim(),
    COUNT_FILES: join(directory, 'file-operations.json'),
  };
  const child = spawn(program, [...rest, 'run', ...flags], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = `${log}${text}`.slice(-4_000);
  });
  await once(child, 'spawn');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await waitFor(async () => hasEnded() || existsSync(socket), { what: `the start of ${command}`, timeoutMs: LIMIT_MS });
  if (hasEnded()) throw new Error(`${command} ended by ${child.signalCode ?? `status ${child.exitCode}`}:\n${log}`);
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

const podOf = (name: string): object => {
  const container = { name: 'app', image: 'app:1', imagePullPolicy: 'Never', env: [{ name: 'A', value: 'b' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container] } };
};

/** In one step, as the manifest directory wants it. */
const place = async (directory: string, name: string, content: string): Promise<void> => {
  await writeFile(join(directory, name), content);
  await rename(join(directory, name), join(directory, 'manifests', name));
};

const drop = (directory: string, name: string): Promise<void> => place(directory, `${name}.json`, JSON.stringify(podOf(name)));

const dropMany = async (directory: string, pods: number, inOneFile: boolean): Promise<void> => {
  const names = Array.from({ length: pods }, (_, index) => `many-${index}`);
  if (inOneFile) await place(directory, 'many.yaml', names.map((name) => `---\n${JSON.stringify(podOf(name))}\n`).join(''));
  else await Promise.all(names.map((name) => drop(directory, name)));
};

const running = (fake: FakeCri, count: number): Promise<boolean> =>
  waitFor(async () => fake.containers.filter(({ state }) => state === ContainerState.CONTAINER_RUNNING).length >= count, {
    what: `${count} running containers`,
    timeoutMs: LIMIT_MS,
    intervalMs: 20,
  });

const TICKS_PER_SECOND = 100;

const mainThreadSeconds = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

const CGROUPS = '/sys/fs/cgroup';

/** Nothing runs in it: it goes from the inside out. */
const removeCgroup = async (path: string): Promise<void> => {
  const hierarchies = existsSync(join(CGROUPS, 'cgroup.controllers')) ? [''] : await readdir(CGROUPS);
  for (const hierarchy of hierarchies) await removeBelow(join(CGROUPS, hierarchy, path));
};

const removeBelow = async (directory: string): Promise<void> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeBelow(join(directory, entry.name));
  await rmdir(directory).catch(() => undefined);
};
