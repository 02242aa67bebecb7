import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { containerdLayout, findLeftovers } from '@solo-kubelet/standalone-node/containerd';
import type { TestNode } from '../kubelet/node.js';

export interface SeenSandbox {
  readonly id: string;
  readonly uid: string;
  /** Without the node's name behind it. */
  readonly pod: string;
  readonly ready: boolean;
}

export interface SeenContainer {
  readonly id: string;
  readonly uid: string;
  readonly pod: string;
  readonly name: string;
  readonly running: boolean;
  /** The restart count that its Pod shows. */
  readonly attempt: number;
  /** As it was asked for: an id. */
  readonly image: string;
}

/** A container's program, found on the machine without asking anybody. */
export interface SeenProgram {
  readonly mark: string;
  /** Of its environment. */
  readonly version: string;
}

export interface SeenCgroup {
  readonly path: string;
  /** Whether a process is in it. */
  readonly used: boolean;
}

/** What somebody sees who asks the runtime, the kernel and the disk, and takes the kubelet's word for nothing but its own API. */
export interface Seen {
  readonly sandboxes: readonly SeenSandbox[];
  readonly containers: readonly SeenContainer[];
  readonly programs: readonly SeenProgram[];
  /** Sandbox ids of the runtime's shims that something runs in. */
  readonly shims: readonly string[];
  /** Interfaces of the Pods' bridge: one for each network namespace. */
  readonly interfaces: readonly string[];
  /** Addresses that are taken. */
  readonly addresses: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly SeenCgroup[];
  /** uids of Pods that have a directory of volumes, a record, a directory of logs. */
  readonly directories: Readonly<Record<'volumes' | 'records' | 'logs', readonly string[]>>;
  /** What the kubelet serves. */
  readonly pods: readonly Pod[];
  /** Image ids by name. */
  readonly imageIds: ReadonlyMap<string, string>;
}

/** Looks at everything once. Things come and go meanwhile: look again before you believe it. */
export const lookAt = async (node: TestNode, imageNames: readonly string[]): Promise<Seen> => {
  const { bed } = node;
  const { runtime, images } = bed.cri;
  const layout = containerdLayout(join(bed.directory, 'node'), join(bed.directory, 'run'));
  const [{ items }, { containers }, pods, leftovers, lines] = await Promise.all([
    runtime.listPodSandbox({}),
    runtime.listContainers({}),
    node.api.listPods({ signal: AbortSignal.timeout(20_000) }),
    findLeftovers({ layout, cgroupRoot: bed.cgroupRoot, directories: [bed.directory] }),
    processes(),
  ]);
  const nameOf = (labels: Readonly<Record<string, string>>): string =>
    (labels['io.kubernetes.pod.name'] ?? '').replace(new RegExp(`-${node.kubelet().nodeName}$`), '');
  const uidOf = (labels: Readonly<Record<string, string>>): string => labels['io.kubernetes.pod.uid'] ?? '';
  const leftOf = (kind: string): readonly string[] =>
    leftovers.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const marks = lines.filter(({ words: [shell, , , , mark] }) => shell === 'sh' && mark?.startsWith(`${bed.directory}/mark/`));
  const parents = new Set(lines.map(({ parent }) => parent));
  const markPids = new Set(marks.map(({ pid }) => pid));
  const imageIds = await Promise.all(
    imageNames.map(async (name) => [name, (await images.imageStatus({ image: { image: name } })).image?.id ?? ''] as const),
  );
  return {
    sandboxes: items.map(({ id, labels, state }) => ({ id, uid: uidOf(labels), pod: nameOf(labels), ready: state === 0 })),
    containers: containers.map(({ id, labels, state, metadata, image }) => ({
      id,
      uid: uidOf(labels),
      pod: nameOf(labels),
      name: metadata?.name ?? '',
      running: state === 1,
      attempt: metadata?.attempt ?? 0,
      image: image?.image ?? '',
    })),
    // A shell that has forked and not run anything else yet looks like itself.
    programs: await Promise.all(
      marks
        .filter(({ parent }) => !markPids.has(parent))
        .map(async ({ pid, words }) => ({ mark: words[4]!, version: (await environmentOf(pid))['VERSION'] ?? '' })),
    ),
    shims: lines.flatMap(({ pid, words }) =>
      words[0]?.includes('containerd-shim') && words.includes(layout.socketPath) && parents.has(pid)
        ? [words[words.indexOf('-id') + 1] ?? '']
        : [],
    ),
    interfaces: await namesIn(`/sys/class/net/${layout.bridge}/brif`),
    addresses: (await readdir(layout.cniStateDirectory, { recursive: true }).catch(() => []))
      .map((path) => basename(path))
      .filter((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name)),
    mounts: leftOf('mount'),
    cgroups: await Promise.all(
      leftOf('cgroup').map(async (path) => ({ path, used: (await textOf(join(path, 'cgroup.procs'))).trim() !== '' })),
    ),
    directories: {
      volumes: await namesIn(join(bed.rootDirectory, 'pods')),
      records: (await namesIn(join(bed.rootDirectory, 'pod-status'))).map((name) => name.replace(/\.json$/, '')),
      logs: (await namesIn(bed.podLogsDirectory)).map((name) => name.split('_').at(-1) ?? ''),
    },
    pods,
    imageIds: new Map(imageIds),
  };
};

const namesIn = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
}

/** Those that end while they are read are left out, and so are zombies. */
const processes = async (): Promise<readonly ProcessLine[]> => {
  const lines = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name): Promise<ProcessLine | undefined> => {
        const [stat, words] = await Promise.all([textOf(`/proc/${name}/stat`), textOf(`/proc/${name}/cmdline`)]);
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return parent === undefined || state === 'Z' || words === ''
          ? undefined
          : { pid: Number(name), parent: Number(parent), words: words.split('\0') };
      }),
  );
  return lines.filter((line) => line !== undefined);
};

const environmentOf = async (pid: number): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await textOf(`/proc/${pid}/environ`)).split('\0').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
