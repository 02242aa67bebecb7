import type { CgroupTree } from '../cgroups/cgroup-tree.js';

export interface FakeCgroupTree extends CgroupTree {
  /** Contents of all files by path; tests may put processes in `cgroup.procs`. */
  readonly files: Map<string, string>;
  readonly directories: ReadonlySet<string>;
  readonly killed: readonly number[];
  /** Makes every write and mkdir on paths that contain `part` fail with this error code. */
  failWrites(part: string, code: string): void;
}

export interface FakeCgroupTreeOptions {
  /** Default `/cg`. */
  readonly mountPoint?: string;
  readonly version: 1 | 2;
  /** Controllers that the fake machine has. Default cpu, cpuset, memory, pids. */
  readonly controllers?: readonly string[];
}

const filesOf: Readonly<Record<string, Readonly<Record<1 | 2, readonly string[]>>>> = {
  cpu: { 1: ['cpu.shares', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'], 2: ['cpu.weight', 'cpu.max'] },
  cpuset: { 1: ['cpuset.cpus', 'cpuset.mems'], 2: ['cpuset.cpus'] },
  memory: { 1: ['memory.limit_in_bytes'], 2: ['memory.max', 'memory.min', 'memory.low', 'memory.high'] },
  pids: { 1: ['pids.max'], 2: ['pids.max'] },
  hugetlb: { 1: ['hugetlb.2MB.limit_in_bytes'], 2: ['hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max'] },
};

/** A cgroup file system in memory: new directories get their files, directories with children stay, killed processes vanish. */
export const fakeCgroupTree = ({
  mountPoint = '/cg',
  version,
  controllers = ['cpu', 'cpuset', 'memory', 'pids'],
}: FakeCgroupTreeOptions): FakeCgroupTree => {
  const files = new Map<string, string>();
  const directories = new Set<string>();
  const killed: number[] = [];
  const failures = new Map<string, string>();

  const populate = (path: string, root: boolean): void => {
    directories.add(path);
    files.set(`${path}/cgroup.procs`, '');
    const here = version === 1 ? controllers.filter((controller) => path.startsWith(`${mountPoint}/${controller}`)) : inherited(path, root);
    for (const file of here.flatMap((controller) => filesOf[controller]?.[version] ?? [])) files.set(`${path}/${file}`, '');
    if (version === 2) {
      files.set(`${path}/cgroup.controllers`, here.join(' '));
      files.set(`${path}/cgroup.subtree_control`, '');
    }
  };
  const wordsOf = (file: string): readonly string[] => (files.get(file) ?? '').split(' ').filter(Boolean);
  const childrenOf = (path: string): readonly string[] =>
    [...directories].flatMap((directory) => {
      const name = directory.startsWith(`${path}/`) ? directory.slice(path.length + 1) : '';
      return name === '' || name.includes('/') ? [] : [name];
    });
  /** A v2 cgroup that is there already gets the controller's files when its parent passes the controller on. */
  const giveController = (directory: string, controller: string): void => {
    files.set(`${directory}/cgroup.controllers`, [...wordsOf(`${directory}/cgroup.controllers`), controller].join(' '));
    for (const file of filesOf[controller]?.[2] ?? []) files.set(`${directory}/${file}`, '');
  };
  const inherited = (path: string, root: boolean): readonly string[] =>
    root ? controllers : wordsOf(`${path.slice(0, path.lastIndexOf('/'))}/cgroup.subtree_control`);

  if (version === 2) populate(mountPoint, true);
  else for (const controller of controllers) populate(`${mountPoint}/${controller}`, true);
  if (version === 1 && controllers.includes('cpuset')) {
    files.set(`${mountPoint}/cpuset/cpuset.cpus`, '0-1\n').set(`${mountPoint}/cpuset/cpuset.mems`, '0\n');
  }

  const makeDirectory = (path: string): void => {
    for (const [part, code] of failures) if (path.includes(part)) throw failure(code, path);
    const missing: string[] = [];
    for (let current = path; !directories.has(current) && current !== ''; current = current.slice(0, current.lastIndexOf('/'))) {
      missing.unshift(current);
    }
    for (const directory of missing) populate(directory, false);
  };

  return {
    files,
    directories,
    killed,
    failWrites: (part, code) => void failures.set(part, code),
    exists: async (path) => directories.has(path) || files.has(path),
    makeDirectory: async (path) => makeDirectory(path),
    async makeChild(path) {
      if (!directories.has(path.slice(0, path.lastIndexOf('/')))) return 'orphan';
      if (directories.has(path)) return 'there';
      makeDirectory(path);
      return 'made';
    },
    async removeDirectory(path) {
      if ([...directories].some((directory) => directory.startsWith(`${path}/`)) || files.get(`${path}/cgroup.procs`)) {
        throw failure('EBUSY', path);
      }
      directories.delete(path);
      for (const file of [...files.keys()]) if (file.startsWith(`${path}/`)) files.delete(file);
    },
    listDirectories: async (path) => childrenOf(path),
    async read(path) {
      const text = files.get(path);
      if (text === undefined) throw failure('ENOENT', path);
      return text;
    },
    async write(path, value) {
      for (const [part, code] of failures) if (path.includes(part)) throw failure(code, path);
      const before = files.get(path);
      if (before === undefined) throw failure('ENOENT', path);
      if (!path.endsWith('/cgroup.subtree_control')) return void files.set(path, value);
      const [directory, controller] = [path.slice(0, path.lastIndexOf('/')), value.replace('+', '')];
      if (!wordsOf(`${directory}/cgroup.controllers`).includes(controller)) throw failure('ENOENT', path);
      if (wordsOf(path).includes(controller)) return;
      files.set(path, [...wordsOf(path), controller].join(' '));
      for (const child of childrenOf(directory)) giveController(`${directory}/${child}`, controller);
    },
    kill(pid) {
      killed.push(pid);
      for (const [path, text] of files) {
        if (path.endsWith('/cgroup.procs'))
          files.set(
            path,
            text
              .split('\n')
              .filter((line) => line !== `${pid}`)
              .join('\n'),
          );
      }
    },
  };
};

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });
