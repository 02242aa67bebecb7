import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { ContainerStatus } from '@solo-kubelet/cri-client';
import { kubeletBinary, startTestbed, type Testbed, testbedConfiguration, waitFor } from '@solo-kubelet-tools/testbed';
import { freePorts } from '../../../e2e/src/api/free-port.js';
import { cpuSeconds, pssMiB } from '../process-cost.js';

/** A kubelet that reads a manifest directory, on a containerd of its own. Everything about its Pods is read from the runtime. */
export interface Participant extends AsyncDisposable {
  readonly name: string;
  readonly bed: Testbed;
  /** Puts a manifest in place in one step. */
  drop(file: string, manifest: object): Promise<void>;
  remove(file: string): Promise<void>;
  /** The containers of one Pod that the runtime has, oldest first. */
  containers(pod: string): Promise<readonly ContainerStatus[]>;
  /** How many containers run. */
  running(): Promise<number>;
  /** CPU time of its process and of children that have ended, s. */
  cpuSeconds(): Promise<number>;
  /** Proportional set size, MiB. */
  pssMiB(): Promise<number>;
  /** The Pods that its /pods shows. */
  shownPods(): Promise<readonly ShownPod[]>;
  /** Ends it with SIGTERM and starts it again; ms until /healthz answered and until /pods showed `pods` Pods as Ready. */
  restart(pods: number): Promise<{ readonly healthyMs: number; readonly readyMs: number }>;
}

/** Words that stand for this run's paths in a peer's command. */
export const PLACEHOLDERS = ['{config}', '{root}', '{endpoint}', '{manifests}', '{node}', '{socket}'] as const;

const NODE = 'bench';
const START_LIMIT_MS = 120_000;

/** The command line that is built here. */
export const OURS = `${process.execPath} ${kubeletBinary} run --config {config} --root-dir {root} --hostname-override {node} --api-socket {socket}`;

/** Starts `command` beside a fresh containerd. Words are split at blanks. */
export const startParticipant = async (name: string, command: string): Promise<Participant> => {
  const bed = await startTestbed();
  const [port = 0, readOnlyPort = 0, healthzPort = 0] = await freePorts(3);
  const configPath = join(bed.directory, 'kubelet.json');
  await mkdir(bed.rootDirectory, { recursive: true });
  await makeCgroup(bed.cgroupRoot);
  await writeFile(
    configPath,
    JSON.stringify({ ...testbedConfiguration(bed), enableServer: true, address: '127.0.0.1', port, readOnlyPort, healthzPort }),
  );
  const values = new Map<string, string>([
    ['{config}', configPath],
    ['{root}', bed.rootDirectory],
    ['{endpoint}', bed.endpoint],
    ['{manifests}', bed.manifestDirectory],
    ['{node}', NODE],
    ['{socket}', join(bed.directory, 'kubelet.sock')],
  ]);
  const words = command.split(/ +/).map((word) => PLACEHOLDERS.reduce((text, each) => text.replaceAll(each, values.get(each) ?? ''), word));
  const start = async (): Promise<ChildProcess> => {
    const log = openSync(join(bed.directory, 'kubelet.log'), 'a');
    const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', log, log] });
    closeSync(log);
    await once(child, 'spawn');
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const isHealthy = async (): Promise<boolean> => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    return hasEnded || (await get(healthzPort, '/healthz')).status === 200;
  };
  const dispose = async (): Promise<void> => {
    await end(child);
    await bed[Symbol.asyncDispose]();
  };
  let child = await start();
  const ownPid = (): number => child.pid ?? 0;
  try {
    await waitFor(isHealthy, { what: `/healthz of ${name}`, timeoutMs: START_LIMIT_MS });
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
  } catch (error) {
    const log = await readFile(join(bed.directory, 'kubelet.log'), 'utf8');
    await dispose();
    throw new Error(`${name} does not start: ${words.join(' ')}\n${log.slice(-4_000)}`, { cause: error });
  }

  return {
    name,
    bed,
    drop: async (file, manifest) => {
      const temporary = join(bed.directory, `.${file}`);
      await writeFile(temporary, JSON.stringify(manifest));
      await rename(temporary, join(bed.manifestDirectory, file));
    },
    remove: (file) => rm(join(bed.manifestDirectory, file)),
    containers: async (pod) => {
      const { containers } = await bed.cri.runtime.listContainers({
        filter: { labelSelector: { 'io.kubernetes.pod.name': `${pod}-${NODE}` } },
      });
      const statuses = await Promise.all(containers.map(({ id }) => bed.cri.runtime.containerStatus({ containerId: id })));
      return statuses.flatMap(({ status }) => (status ? [status] : [])).sort((a, b) => Number(a.createdAt - b.createdAt));
    },
    running: async () => (await bed.cri.runtime.listContainers({ filter: { state: { state: 1 } } })).containers.length,
    cpuSeconds: () => cpuSeconds(ownPid()),
    pssMiB: () => pssMiB(ownPid()),
    shownPods: async () => podsOf((await get(readOnlyPort, '/pods')).body),
    restart: async (pods) => {
      await end(child);
      const startedMs = performance.now();
      child = await start();
      const since = (): number => performance.now() - startedMs;
      await waitFor(isHealthy, { what: `/healthz of ${name}`, timeoutMs: START_LIMIT_MS, intervalMs: 10 });
      const healthyMs = since();
      const areReady = async (): Promise<boolean> => readyPods((await get(readOnlyPort, '/pods')).body) >= pods;
      await waitFor(areReady, { what: `${pods} Ready Pods of ${name}`, timeoutMs: START_LIMIT_MS, intervalMs: 20 });
      return { healthyMs, readyMs: since() };
    },
    [Symbol.asyncDispose]: dispose,
  };
};

/** Upstream's kubelet wants its cgroupRoot to be there, in every hierarchy of version 1. */
const makeCgroup = async (path: string): Promise<void> => {
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? ['']
    : (await readdir('/sys/fs/cgroup', { withFileTypes: true })).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  for (const hierarchy of hierarchies) await mkdir(join('/sys/fs/cgroup', hierarchy, path), { recursive: true }).catch(() => undefined);
};

/** What is read of a Pod in /pods. */
export interface ShownPod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly state?: { readonly terminated?: object } }[];
  };
}

const podsOf = (body: string): readonly ShownPod[] => (JSON.parse(body) as { readonly items?: readonly ShownPod[] | null }).items ?? [];

const readyPods = (body: string): number =>
  podsOf(body).filter(({ status }) => status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')).length;

const get = (port: number, path: string): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
