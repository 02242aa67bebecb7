import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.js';

/**
 * A systemd that runs for a test alone: first process of its own namespaces, with a real D-Bus, login manager and journal, in a cgroup of its own on
 * whatever hierarchies this machine has. It sees this machine's files, and writes to memory.
 */
export interface SystemdBed extends AsyncDisposable {
  /** The same inside and outside; removed at the end. */
  readonly directory: string;
  /** Runs a program inside, to its end. */
  run(program: string, ...args: readonly string[]): Promise<BedResult>;
  /** The same with a time limit and something to read. */
  runWith(options: BedRunOptions, program: string, ...args: readonly string[]): Promise<BedResult>;
  /** A property of a unit, as `systemctl show` tells it. */
  show(unit: string, property: string): Promise<string>;
}

export interface BedResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BedRunOptions {
  /** Default 60000. */
  readonly timeoutMs?: number;
  readonly input?: string;
}

const SCRIPT = fileURLToPath(new URL('./systemd-bed.sh', import.meta.url));
const REPOSITORY = join(dirname(SCRIPT), '../../..');
const UNIT = 'solo-bed.target';

/** Why no such systemd can run here; undefined when it can. */
export const lacksSystemdBed = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed';
  for (const program of ['unshare', 'nsenter', 'busctl', 'dbus-daemon']) {
    if (spawnSync(program, ['--version']).status !== 0) return `${program} is not installed`;
  }
  return hierarchies().length === 0 ? 'there are no cgroups' : undefined;
};

export const startSystemdBed = async (): Promise<SystemdBed> => {
  const directory = await mkdtemp('/tmp/solo-bed-');
  const name = basename(directory);
  const paths = [REPOSITORY, dirname(process.execPath)].join(' ');
  const child = spawn('bash', [SCRIPT, directory, name, UNIT], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SOLO_BED_PATHS: paths },
  });
  let complaint = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
  }
  const ended = once(child, 'exit');
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL'); // and with it, unshare's child: everything inside
    await ended;
    for (const hierarchy of hierarchies()) {
      await waitFor(() => removeCgroups(join(hierarchy, name)), { what: `the end of ${hierarchy}/${name}` });
    }
    await rm(directory, { recursive: true, force: true });
  };
  const runWith: SystemdBed['runWith'] = async ({ timeoutMs = 60_000, input }, program, ...args) => {
    const pid = firstProcess(child.pid ?? 0);
    if (pid === undefined) throw new Error(`systemd does not run: ${complaint}`);
    return new Promise((resolve) => {
      const inside = ['-t', pid, '-m', '-p', '-u', '-i', '-n', '-C', '--', program, ...args];
      const running = execFile('nsenter', inside, { timeout: timeoutMs, env: INSIDE }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr }),
      );
      running.stdin?.on('error', () => {}); // it did not want to read
      running.stdin?.end(input ?? '');
    });
  };
  const run: SystemdBed['run'] = (program, ...args) => runWith({}, program, ...args);
  const isUp = async (): Promise<true | undefined> => {
    if (child.exitCode !== null) throw new Error(`systemd ended: ${complaint}`);
    if (firstProcess(child.pid ?? 0) === undefined) return undefined;
    const { stdout } = await run('systemctl', 'is-active', '--', UNIT, 'systemd-logind.service');
    return stdout === 'active\nactive\n' ? true : undefined;
  };
  try {
    await waitFor(isUp, { what: 'systemd', timeoutMs: 120_000 });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    directory,
    run,
    runWith,
    show: async (unit, property) => (await run('systemctl', 'show', `--property=${property}`, '--value', '--', unit)).stdout.trim(),
    [Symbol.asyncDispose]: dispose,
  };
};

const INSIDE = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

const hierarchies = (): readonly string[] =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, path, type] = line.split(' ');
      return path !== undefined && type?.startsWith('cgroup') ? [path] : [];
    });

/** The process of systemd: unshare's only child, once it is systemd itself. */
const firstProcess = (parent: number): string | undefined => {
  try {
    const pid = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
    return pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n' ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** True once nothing of it is there; processes that were killed leave it a moment later. */
const removeCgroups = async (path: string): Promise<true | undefined> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return true;
  for (const entry of entries) if (entry.isDirectory()) await removeCgroups(join(path, entry.name));
  return rmdir(path).then(
    () => true,
    () => undefined,
  );
};
