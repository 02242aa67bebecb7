import { execFile } from 'node:child_process';
import { lstat, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { delay } from '@solo-kubelet/timers';
import { removeTree } from '@solo-kubelet/untrusted-files';
import { NodeError } from '../node-error.js';
import type { ContainerdLayout } from './layout.js';
import { processesOf } from './processes.js';

const run = promisify(execFile);

/** What a private containerd and the kubelet on it may leave on a machine. */
export interface SweepTarget {
  readonly layout: ContainerdLayout;
  /** The kubelet's `cgroupRoot`, such as `/solo-1a2b3c4d`. */
  readonly cgroupRoot: string;
  /** Further directories whose mounts and content go, such as the kubelet's root and the pods' logs. */
  readonly directories: readonly string[];
}

/** Everything of the target that is still there, one line each; empty after a clean end. */
export const findLeftovers = async (target: SweepTarget): Promise<readonly string[]> => {
  const { layout } = target;
  const [processes, mounts, cgroups, rules, links] = await Promise.all([
    processesOf(layout),
    mountsUnder(ownDirectories(target)),
    cgroupsOf(target.cgroupRoot),
    natRules(layout.networkName),
    linksOf(layout.bridge),
  ]);
  const paths = await existing(ownDirectories(target));
  return [
    ...processes.map((pid) => `process ${pid}`),
    ...mounts.map((path) => `mount ${path}`),
    ...cgroups.map((path) => `cgroup ${path}`),
    ...rules.map((rule) => `iptables rule ${rule}`),
    ...links.map((name) => `network interface ${name}`),
    ...paths.map((path) => `directory ${path}`),
    ...(await cniResults(layout)).map((path) => `file ${path}`),
  ];
};

/**
 * Removes it all by force: processes, mounts, network namespaces, bridge, rules, cgroups, files. The containerd itself must have ended.
 * Only what carries the target's own paths and names is touched; a second call finds nothing to do.
 * @throws NodeError NODE_NOT_REMOVED when something stays mounted; then nothing of the files is deleted, for behind a mount lie other people's
 */
export const sweep = async (target: SweepTarget): Promise<void> => {
  const { layout } = target;
  const shimSockets = await shimSocketsOf(layout);
  // Asked before the files go that tell which results are ours.
  const results = await cniResults(layout);
  for (const pid of await processesOf(layout)) kill(pid);
  for (const path of await cgroupsOf(target.cgroupRoot)) for (const pid of await pidsIn(path)) kill(pid);
  await unmountAll(target);
  await quietly(run('ip', ['link', 'delete', 'dev', layout.bridge], LIMIT));
  await removeNatRules(layout.networkName);
  await removeCgroups(target.cgroupRoot);
  for (const path of ownDirectories(target)) await removeDirectory(path);
  for (const path of [...shimSockets, ...results]) await rm(path, { force: true });
};

const unmountAll = async (target: SweepTarget): Promise<void> => {
  const problems: unknown[] = [];
  for (const path of (await mountsUnder(ownDirectories(target))).toReversed()) {
    await run('umount', ['-l', '--no-canonicalize', '--', path], LIMIT).catch((error: unknown) => problems.push(error));
  }
  const left = await mountsUnder(ownDirectories(target));
  if (left.length === 0) return;
  throw new NodeError({
    code: 'NODE_NOT_REMOVED',
    message: `still mounted: ${left.join(', ')}`,
    hint: 'Unmount it by hand and try again. No file has been deleted.',
    cause: problems[0],
  });
};

/** A process that has just been killed may still have written something. */
const REMOVAL_ATTEMPTS = 5;

const removeDirectory = async (path: string): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await removeTree(path);
      // What is no directory, a link for example, goes by itself.
      if ((await lstat(path).catch(() => undefined)) !== undefined) await rm(path, { force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || attempt === REMOVAL_ATTEMPTS) throw error;
      await delay(100);
    }
  }
};

const LIMIT = { timeout: 20_000, maxBuffer: 64 * 1024 * 1024 };
const CGROUP_MOUNT = '/sys/fs/cgroup';

const ownDirectories = ({ layout, directories }: SweepTarget): readonly string[] => [layout.directory, layout.runDirectory, ...directories];

const mountsUnder = async (directories: readonly string[]): Promise<readonly string[]> => {
  const table = await readText('/proc/self/mountinfo');
  return table
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => directories.some((directory) => path === directory || path.startsWith(`${directory}/`)));
};

/** Deepest first. On cgroup v1 one tree per controller, on v2 a single one. */
const cgroupsOf = async (cgroupRoot: string): Promise<readonly string[]> => {
  if (cgroupRoot === '' || cgroupRoot === '/') return [];
  const controllers = (await readdir(CGROUP_MOUNT, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory());
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => []))
      if (entry.isDirectory()) await walk(join(path, entry.name));
    found.push(path);
  };
  for (const path of await existing(
    [CGROUP_MOUNT, ...controllers.map(({ name }) => join(CGROUP_MOUNT, name))].map((base) => join(base, cgroupRoot)),
  )) {
    await walk(path);
  }
  return found;
};

/** A cgroup that still held a process a moment ago answers EBUSY; the kernel lets go within milliseconds. */
const removeCgroups = async (cgroupRoot: string): Promise<void> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const paths = await cgroupsOf(cgroupRoot);
    if (paths.length === 0) return;
    for (const path of paths) {
      for (const pid of await pidsIn(path)) kill(pid);
      await quietly(rmdir(path));
    }
    await delay(50);
  }
};

const pidsIn = async (cgroup: string): Promise<readonly number[]> =>
  (await readText(join(cgroup, 'cgroup.procs')))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
    .filter((pid) => pid !== process.pid);

const natRules = async (networkName: string): Promise<readonly string[]> =>
  (await natTable()).filter((line) => line.startsWith('-A ') && line.includes(`\\"${networkName}\\"`));

const natTable = async (): Promise<readonly string[]> => {
  const { stdout } = await run('iptables-save', ['-t', 'nat'], LIMIT).catch(() => ({ stdout: '' }));
  return stdout.split('\n');
};

/** Deletes the network's rules with the chains they lead to, and portmap's own chains when no network uses them any more. */
const removeNatRules = async (networkName: string): Promise<void> => {
  const rules = await natRules(networkName);
  const chains = new Set(
    rules.flatMap((rule) => /-j (CNI-[0-9A-Za-z-]{8,})$/.exec(rule)?.[1] ?? []).filter((name) => !name.startsWith('CNI-HOSTPORT-')),
  );
  const own = [...chains];
  await restoreNat([
    ...rules.map((rule) => rule.replace(/^-A/, '-D')),
    ...own.map((name) => `-F ${name}`),
    ...own.map((name) => `-X ${name}`),
  ]);
  const table = await natTable();
  const shared = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-SETMARK', 'CNI-HOSTPORT-MASQ'].filter((name) =>
    table.some((line) => line.startsWith(`:${name} `)),
  );
  if (shared.length === 0 || table.some((line) => line.startsWith('-A CNI-HOSTPORT-DNAT ') || line.startsWith('-A CNI-DN-'))) return;
  const jumps = table.filter((line) => line.startsWith('-A ') && shared.some((name) => line.endsWith(` -j ${name}`)));
  await restoreNat([
    ...jumps.map((rule) => rule.replace(/^-A/, '-D')),
    ...shared.map((name) => `-F ${name}`),
    ...shared.map((name) => `-X ${name}`),
  ]);
};

const restoreNat = async (lines: readonly string[]): Promise<void> => {
  if (lines.length === 0) return;
  const child = execFile('iptables-restore', ['--noflush', '--wait', '10'], LIMIT);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  child.stdin?.on('error', () => {}).end(`*nat\n${lines.join('\n')}\nCOMMIT\n`);
  await ended;
};

const linksOf = async (bridge: string): Promise<readonly string[]> => existing([`/sys/class/net/${bridge}`]);

/**
 * Where libcni keeps results; the runtime removes them with the sandbox. Those of the loopback network carry the same name for every
 * containerd, so they are told by the sandboxes that this one has on disk.
 */
const cniResults = async (layout: ContainerdLayout): Promise<readonly string[]> => {
  const directory = '/var/lib/cni/results';
  const names = await readdir(directory).catch(() => []);
  const ids = await sandboxIds(layout);
  const isOwn = (name: string): boolean => name.startsWith(`${layout.networkName}-`) || ids.some((id) => name === `cni-loopback-${id}-lo`);
  return names.filter(isOwn).map((name) => join(directory, name));
};

/** Ids of the sandboxes that the CRI plugin keeps directories of; the plugin's own name differs between releases. */
const sandboxIds = async ({ rootDirectory, stateDirectory }: ContainerdLayout): Promise<readonly string[]> => {
  const perBase = await Promise.all(
    [rootDirectory, stateDirectory].map(async (base) => {
      const plugins = await readdir(base).catch(() => []);
      return Promise.all(plugins.map((plugin) => readdir(join(base, plugin, 'sandboxes')).catch(() => [])));
    }),
  );
  return [...new Set(perBase.flat(2))];
};

/** Sockets of shims lie in a directory that all containerds share; each task's bundle says which is its own. */
const shimSocketsOf = async (layout: ContainerdLayout): Promise<readonly string[]> => {
  const bundles = join(layout.stateDirectory, 'io.containerd.runtime.v2.task', 'k8s.io');
  const addresses = await Promise.all((await readdir(bundles).catch(() => [])).map((id) => readText(join(bundles, id, 'address'))));
  return addresses.filter((address) => address.startsWith('unix:///run/containerd/s/')).map((address) => address.slice('unix://'.length));
};

const existing = async (paths: readonly string[]): Promise<readonly string[]> => {
  const found = await Promise.all(
    paths.map((path) =>
      readdir(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOTDIR',
      ),
    ),
  );
  return paths.filter((_, index) => found[index]);
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile: what we wanted.
  }
};

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => undefined,
    () => undefined,
  );
