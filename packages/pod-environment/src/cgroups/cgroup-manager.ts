import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { type CgroupLimits, type CgroupWrite, cgroupWrites } from '../core/cgroup-files.js';
import { type CgroupName, cgroupPath } from '../core/cgroup-names.js';
import { sliceLimits } from '../core/systemd-slice.js';
import type { CgroupSettings } from '../node-environment.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import type { CgroupTree } from './cgroup-tree.js';
import type { SliceManager } from './slice-manager.js';

export interface CgroupManagerOptions {
  readonly settings: CgroupSettings;
  readonly tree: CgroupTree;
  /** Makes slices; used with the systemd driver only. */
  readonly slices: SliceManager;
  readonly logger: Logger;
}

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** Makes, limits and removes cgroups below the cgroup root, with either driver and on either cgroup version. */
export interface CgroupManager {
  /** Whether the cgroup is in every hierarchy. */
  exists(name: CgroupName): Promise<boolean>;
  /** Whether the cgroup is in some hierarchy. */
  someExist(name: CgroupName): Promise<boolean>;
  /** Makes the cgroup and its parents where missing and writes the limits. */
  ensure(name: CgroupName, limits: CgroupLimits, options?: Abortable): Promise<void>;
  /** Writes limits to a cgroup that exists. */
  update(name: CgroupName, limits: CgroupLimits, options?: Abortable): Promise<void>;
  /** Whether no process is in the cgroup or below. */
  isEmpty(name: CgroupName): Promise<boolean>;
  /** Kills what still runs in the cgroup and below, then removes it. A cgroup that is not there is fine. */
  destroy(name: CgroupName, options?: Abortable): Promise<void>;
  /** Takes what keeps memory for a cgroup or slows it down off everything below; on v2 alone. */
  clearMemoryBelow(name: CgroupName, options?: Abortable): Promise<void>;
  /** Names of the directories in a cgroup. */
  children(name: CgroupName): Promise<readonly string[]>;
}

/** Hierarchies of a v1 or hybrid host that pods get a directory in: those the runtime would make for their containers anyway. */
const V1_CONTROLLERS = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'hugetlb',
  'blkio',
  'devices',
  'freezer',
  'net_cls',
  'net_prio',
  'perf_event',
  'systemd',
  'unified',
];
const KILL_ATTEMPTS = 5;
const KILL_PAUSE_MS = 100;
const SLICE_PAUSE_MS = 20;
const SLICE_LIMIT_MS = 5_000;
const NOT_OFFERED = new Set(['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'EOPNOTSUPP']);

export const createCgroupManager = ({ settings, tree, slices, logger }: CgroupManagerOptions): CgroupManager => {
  const { driver, version, mountPoint } = settings;
  const warned = new Set<string>();
  /** Cgroups that were made here as parents of others: their controllers are passed on, their cpusets filled. */
  const parents = new Set<string>();
  let mounted: Promise<readonly string[]> | undefined;

  const findHierarchies = async (): Promise<readonly string[]> => {
    if (version === 2) return [mountPoint];
    const present = await Promise.all(V1_CONTROLLERS.map((controller) => tree.exists(`${mountPoint}/${controller}`)));
    return V1_CONTROLLERS.filter((_, index) => present[index]).map((controller) => `${mountPoint}/${controller}`);
  };
  /** Looked for once: a machine's hierarchies stay until it boots again. */
  const hierarchies = (): Promise<readonly string[]> => {
    mounted ??= findHierarchies();
    return mounted;
  };

  const directories = async (name: CgroupName): Promise<readonly string[]> => {
    const path = cgroupPath(driver, name);
    return (await hierarchies()).map((hierarchy) => hierarchy + path);
  };

  const presence = async (name: CgroupName): Promise<readonly boolean[]> =>
    Promise.all((await directories(name)).map((directory) => tree.exists(directory)));

  const notOffered = (controller: string, path: string, error: unknown): void => {
    if (warned.has(controller)) return;
    warned.add(controller);
    logger.warn({ controller, path, err: error }, 'Cgroup controller cannot be used, its limits are not enforced');
  };

  const update = async (name: CgroupName, wanted: CgroupLimits, { signal }: Abortable = {}): Promise<void> => {
    const limits = driver === 'systemd' ? sliceLimits(wanted) : wanted;
    if (driver === 'systemd') await slices.setLimits(name, limits, { signal });
    const path = cgroupPath(driver, name);
    const mountedHere = await hierarchies();
    const writeOne = async (write: CgroupWrite): Promise<void> => {
      const hierarchy = version === 2 ? mountPoint : `${mountPoint}/${write.controller}`;
      const directory = hierarchy + path;
      if (!mountedHere.includes(hierarchy)) return notOffered(write.controller, hierarchy, new Error(`${hierarchy} is not mounted`));
      try {
        await tree.write(`${directory}/${write.file}`, write.value);
      } catch (error) {
        if (write.optional) return;
        const path = `${directory}/${write.file}`;
        if (!saysNotOffered(error)) throw failed(`write ${write.value} to ${path}`, error);
        notOffered(write.controller, path, error);
      }
    };
    // The order matters within a controller only.
    const inOrder = async (writes: readonly CgroupWrite[]): Promise<void> => {
      for (const write of writes) await writeOne(write);
    };
    const writes = cgroupWrites(version, limits);
    const controllers = [...new Set(writes.map(({ controller }) => controller))];
    await Promise.all(controllers.map((controller) => inOrder(writes.filter((write) => write.controller === controller))));
  };

  const reading = new Map<string, Promise<string>>();
  /** Pods that start together ask the same of the cgroup above them: one reading that is under way serves all. */
  const readTogether = (path: string): Promise<string> => {
    const begun = reading.get(path) ?? tree.read(path).finally(() => reading.delete(path));
    reading.set(path, begun);
    return begun;
  };

  /** A new v1 cpuset has no CPUs and no memory nodes, and nothing can run in it until it has. One made this moment need not be asked whether it has. */
  const inheritCpuset = async (parent: string, directory: string, isNew: boolean): Promise<void> => {
    const inherit = async (file: string): Promise<void> => {
      const [own, inherited] = await Promise.all([isNew ? '' : tree.read(`${directory}/${file}`), readTogether(`${parent}/${file}`)]);
      if (own.trim() === '') await tree.write(`${directory}/${file}`, inherited.trim());
    };
    await Promise.all(['cpuset.cpus', 'cpuset.mems'].map(inherit));
  };

  const makeIn = async (hierarchy: string, name: CgroupName): Promise<void> => {
    const directory = hierarchy + cgroupPath(driver, name);
    const above = name.slice(0, -1);
    const parent = hierarchy + cgroupPath(driver, above).replace(/\/$/, '');
    // A parent that was made here is there, or the directory can't be made: nobody asks for it first, in each of ten hierarchies.
    const made = parents.has(parent) ? await tree.makeChild(directory) : 'orphan';
    if (made === 'orphan') {
      if (above.length > 0) await makeIn(hierarchy, above);
      if (version === 2) await delegateControllers(tree, parent);
      parents.add(parent);
      await tree.makeDirectory(directory);
    }
    if (hierarchy.endsWith('/cpuset')) await inheritCpuset(parent, directory, made === 'made');
  };

  const make = async (name: CgroupName, options: Abortable): Promise<void> => {
    if (driver === 'systemd') await slices.start(name, options);
    // On v2 systemd alone makes directories, and passes on only the controllers that it uses itself; on v1 it knows only some of the hierarchies.
    if (driver === 'systemd' && version === 2) {
      await awaitDirectory(tree, mountPoint + cgroupPath(driver, name), options);
      for (const [level] of name.entries())
        await delegateControllers(tree, mountPoint + cgroupPath(driver, name.slice(0, level)).replace(/\/$/, ''));
      return;
    }
    const problems: unknown[] = [];
    const all = await hierarchies();
    const makeOrNote = async (hierarchy: string): Promise<void> => {
      try {
        await makeIn(hierarchy, name);
      } catch (error) {
        if (!saysNotOffered(error)) throw error;
        notOffered(hierarchy.slice(mountPoint.length + 1), hierarchy, error);
        problems.push(error);
      }
    };
    await Promise.all(all.map(makeOrNote));
    if (problems.length === all.length) throw problems[0] ?? new Error(`there are no cgroup hierarchies in ${mountPoint}`);
  };

  return {
    update,
    async exists(name) {
      const found = await presence(name);
      return found.length > 0 && found.every(Boolean);
    },
    someExist: async (name) => (await presence(name)).some(Boolean),
    isEmpty: async (name) => {
      const empty = await Promise.all((await directories(name)).map((directory) => hasNoProcess(tree, directory)));
      return empty.every(Boolean);
    },
    async ensure(name, limits, options = {}) {
      try {
        await make(name, options);
      } catch (error) {
        if (PodEnvironmentError.is(error)) throw error;
        throw failed(`create cgroup ${cgroupPath(driver, name)}`, error);
      }
      await update(name, limits, options);
    },
    async destroy(name, { signal } = {}) {
      const present = await directories(name);
      // A slice whose directory goes behind systemd's back stays among its units.
      if (driver === 'systemd') {
        for (const directory of present) await killBelow(tree, directory);
        await slices.stop(name, { signal });
      }
      let problem: unknown;
      for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt++) {
        signal?.throwIfAborted();
        const results = await Promise.allSettled(present.map((directory) => killAndRemove(tree, directory)));
        problem = results.find((result) => result.status === 'rejected')?.reason;
        if (problem === undefined) return;
        await delay(KILL_PAUSE_MS, undefined, { signal });
      }
      throw new PodEnvironmentError({
        code: 'CLEANUP_FAILED',
        cause: problem,
        message: `cannot remove cgroup ${cgroupPath(driver, name)}: ${describeError(problem)}`,
      });
    },
    async clearMemoryBelow(name, { signal } = {}) {
      if (version !== 2) return;
      // systemd writes what its units say whenever it reads its files anew: it has to forget, too.
      const freeUnit = async (unit: string): Promise<void> => {
        if (driver !== 'systemd' || !/\.(slice|scope)$/.test(unit)) return;
        await slices.freeMemory(unit, { signal }).catch((error: unknown) => {
          signal?.throwIfAborted();
          logger.warn({ unit, err: describeError(error) }, 'Memory is kept for a unit of systemd that should be free');
        });
      };
      await clearMemory(tree, mountPoint + cgroupPath(driver, name), freeUnit);
    },
    async children(name) {
      const names = await Promise.all((await directories(name)).map((directory) => tree.listDirectories(directory)));
      return [...new Set(names.flat())];
    },
  };
};

/** A slice appears a moment after systemd has answered. */
const awaitDirectory = async (tree: CgroupTree, directory: string, { signal }: Abortable): Promise<void> => {
  for (let waitedMs = 0; !(await tree.exists(directory)); waitedMs += SLICE_PAUSE_MS) {
    if (waitedMs >= SLICE_LIMIT_MS) throw new Error(`${directory} did not appear within ${SLICE_LIMIT_MS} ms`);
    await delay(SLICE_PAUSE_MS, undefined, { signal });
  }
};

/** Lets the children of a v2 cgroup use every controller that it has itself; one that cannot be passed on is left out. */
const delegateControllers = async (tree: CgroupTree, directory: string): Promise<void> => {
  const controllers = (await tree.read(`${directory}/cgroup.controllers`)).split(/\s+/).filter((controller) => controller !== '');
  const enabled = new Set((await tree.read(`${directory}/cgroup.subtree_control`)).split(/\s+/));
  for (const controller of controllers) {
    if (!enabled.has(controller)) await tree.write(`${directory}/cgroup.subtree_control`, `+${controller}`).catch(() => undefined);
  }
};

/** Values of a cgroup whose memory is neither kept nor held back. */
const FREE_MEMORY = [
  ['memory.high', 'max'],
  ['memory.min', '0'],
  ['memory.low', '0'],
] as const;

/** From the outside in; what goes away meanwhile is free anyhow. */
const clearMemory = async (tree: CgroupTree, directory: string, freeUnit: (name: string) => Promise<void>): Promise<void> => {
  for (const child of await tree.listDirectories(directory)) {
    const values = await Promise.all(FREE_MEMORY.map(([file]) => tree.read(`${directory}/${child}/${file}`).catch(() => '')));
    const held = FREE_MEMORY.filter(([, free], index) => !['', free].includes(values[index]!.trim()));
    if (held.length > 0) await keepingOomGroup(tree, `${directory}/${child}`, () => freeUnit(child));
    for (const [file, free] of held) await tree.write(`${directory}/${child}/${file}`, free).catch(() => undefined);
    await clearMemory(tree, `${directory}/${child}`, freeUnit);
  }
};

/** A change of a unit's properties has systemd 257 write what the unit says of this file, too, and the runtime wrote it behind its back. */
const keepingOomGroup = async (tree: CgroupTree, directory: string, change: () => Promise<void>): Promise<void> => {
  const path = `${directory}/memory.oom.group`;
  const group = (await tree.read(path).catch(() => '')).trim();
  await change();
  if (group !== '') await tree.write(path, group).catch(() => undefined);
};

const hasNoProcess = async (tree: CgroupTree, directory: string): Promise<boolean> => {
  if (!(await tree.exists(directory))) return true;
  if ((await tree.read(`${directory}/cgroup.procs`)).trim() !== '') return false;
  for (const child of await tree.listDirectories(directory)) if (!(await hasNoProcess(tree, `${directory}/${child}`))) return false;
  return true;
};

const killBelow = async (tree: CgroupTree, directory: string): Promise<void> => {
  if (!(await tree.exists(directory))) return;
  for (const child of await tree.listDirectories(directory)) await killBelow(tree, `${directory}/${child}`);
  const pids = (await tree.read(`${directory}/cgroup.procs`)).split('\n').map(Number);
  for (const pid of pids) if (pid > 1) tree.kill(pid);
};

const killAndRemove = async (tree: CgroupTree, directory: string): Promise<void> => {
  if (!(await tree.exists(directory))) return;
  for (const child of await tree.listDirectories(directory)) await killAndRemove(tree, `${directory}/${child}`);
  await killBelow(tree, directory);
  await tree.removeDirectory(directory);
};

/** Whether an error says that the machine does not offer a controller, rather than that a value is wrong. */
const saysNotOffered = (error: unknown): boolean => NOT_OFFERED.has((error as NodeJS.ErrnoException).code ?? '');

const failed = (what: string, cause: unknown): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'POD_CGROUP_FAILED', cause, message: `cannot ${what}: ${describeError(cause)}` });
