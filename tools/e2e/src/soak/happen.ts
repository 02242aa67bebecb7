import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killProcess } from '@solo-kubelet-tools/testbed';
import type { TestNode } from '../kubelet/node.js';
import type { FileChange, Happening } from './soak-plan.js';
import { soakManifest } from './soak-pod.js';

/** Does to a node what a plan says, and undoes what would never end by itself. */
export interface Bed {
  readonly happen: (happening: Happening) => Promise<void>;
  /** Ends what goes on still: a full disk. */
  readonly calm: () => Promise<void>;
}

const READY = 0;
const RUNNING = 1;
/** A writer that does not rename: what the kubelet may see of it. */
const TORN_MS = 150;
const SIGNALS = { kill: 'SIGKILL', fail: 'SIGUSR2', oom: 'SIGUSR1' } as const;

export const createBed = (node: TestNode, clockPath: string): Bed => {
  const { bed } = node;
  const { runtime } = bed.cri;
  const filler = join(bed.rootDirectory, 'filler');
  let aheadMs = 0;

  const change = async (what: FileChange): Promise<void> => {
    const file = `${what.pod}.json`;
    if (what.type === 'remove') return node.remove(file);
    if (what.type === 'break') return node.drop(file, what.text);
    const text = JSON.stringify(soakManifest(bed.directory, what.pod, what.as), undefined, 1);
    if (!what.torn) return node.drop(file, text);
    const path = join(bed.manifestDirectory, file);
    await writeFile(path, text.slice(0, text.length / 2));
    await delay(TORN_MS);
    await writeFile(path, text);
  };
  const changeAll = async (changes: readonly FileChange[]): Promise<void> => {
    for (const each of changes) await change(each);
  };
  const ofPod = (pod: string) => ({ filter: { labelSelector: { 'io.kubernetes.pod.name': `${pod}-${node.kubelet().nodeName}` } } });

  /** One of a Pod's containers, if it runs at this moment: with a process of its own by then. */
  const runningOf = async (pod: string): Promise<{ readonly id: string; readonly pid: number | undefined } | undefined> => {
    const { containers } = await runtime.listContainers(ofPod(pod));
    const id = containers.find(({ state }) => state === RUNNING)?.id;
    if (id === undefined) return undefined;
    return { id, pid: pidOf((await runtime.containerStatus({ containerId: id, verbose: true })).info) };
  };
  const endContainer = async (pod: string, how: 'kill' | 'fail' | 'oom' | 'sick'): Promise<void> => {
    const one = await runningOf(pod);
    if (one === undefined) return;
    if (how === 'sick') await runtime.execSync({ containerId: one.id, cmd: ['touch', '/tmp/sick'], timeout: 10n });
    else if (one.pid !== undefined) killProcess(one.pid, SIGNALS[how]);
  };
  const endProcess = async (pod: string, of: 'pause' | 'shim'): Promise<void> => {
    const { items } = await runtime.listPodSandbox(ofPod(pod));
    const id = items.find(({ state }) => state === READY)?.id;
    if (id === undefined) return;
    const pid = pidOf((await runtime.podSandboxStatus({ podSandboxId: id, verbose: true })).info);
    if (pid === undefined) return;
    killProcess(of === 'pause' ? pid : await parentOf(pid), 'SIGKILL');
  };
  const freeze = async (pid: number | undefined, forMs: number): Promise<void> => {
    if (pid === undefined) return;
    killProcess(pid, 'SIGSTOP');
    await delay(forMs).finally(() => killProcess(pid, 'SIGCONT'));
  };

  return {
    happen: async (what) => {
      switch (what.type) {
        case 'drop':
        case 'break':
        case 'remove':
          return change(what);
        // What is to be ended may end by itself meanwhile, or the runtime may be too busy to tell.
        case 'endContainer':
          return endContainer(what.pod, what.how).catch(() => {});
        case 'endProcess':
          return endProcess(what.pod, what.of).catch(() => {});
        case 'fillDisk':
          return fill(filler);
        case 'freeDisk':
          return rm(filler, { force: true });
        case 'endKubelet':
          return node.restartKubelet(what.signal, () => changeAll(what.meanwhile));
        case 'endRuntime':
          await bed.containerd.kill(what.signal);
          await changeAll(what.meanwhile);
          await delay(what.downMs);
          return bed.containerd.start();
        case 'freeze':
          return freeze(what.who === 'runtime' ? bed.containerd.pid : node.kubelet().pid, what.forMs);
        case 'stepClock':
          aheadMs += what.byMs;
          return writeFile(clockPath, `${aheadMs}`);
      }
    },
    calm: () => rm(filler, { force: true }),
  };
};

/** As containerd tells it in its verbose answers; undefined where it has none yet. */
const pidOf = (info: Readonly<Record<string, string>>): number | undefined => {
  const { pid } = JSON.parse(info['info'] ?? '{}') as { readonly pid?: number };
  return pid === undefined || pid < 2 ? undefined : pid;
};

const parentOf = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
};

/** Takes every byte that a file system has left. */
const fill = async (path: string): Promise<void> => {
  await using file = await open(path, 'a');
  for (const size of [1 << 20, 1 << 12, 1]) await writeUntilFull(file, Buffer.alloc(size));
};

const writeUntilFull = async (file: FileHandle, block: Buffer): Promise<void> => {
  try {
    for (;;) await file.writeFile(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
};
