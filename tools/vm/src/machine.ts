import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootedMachine } from './booted-machine.js';
import { patient } from './patience.js';

/** A virtual machine with systemd and cgroup v2, made from Debian packages, its processor emulated where there is no KVM. */
export interface Machine extends AsyncDisposable {
  /** Runs a shell command in it, to its end. */
  run(command: string, options?: MachineRunOptions): Promise<MachineResult>;
  /** The same, for one that must succeed; gives what it printed. */
  must(command: string, options?: MachineRunOptions): Promise<string>;
  /** Boots it again and waits until it answers. */
  reboot(): Promise<void>;
}

export interface MachineResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MachineRunOptions {
  /** Default: five minutes, times `SOLO_VM_PATIENCE`. */
  readonly timeoutMs?: number;
  readonly input?: string | Buffer;
}

export interface MachineOptions {
  /** A Debian suite: trixie, bookworm. */
  readonly suite: string;
  /** Keeps the suite's files and the disk. Short: sockets lie in it. */
  readonly directory: string;
  /** Goes to /opt/solo-kubelet. */
  readonly product: string;
  /** On 127.0.0.1, for ssh. */
  readonly port: number;
  readonly hardware?: Hardware;
}

/** What the machine is made of. */
export interface Hardware {
  /** Default: 3072. */
  readonly memoryMiB?: number;
  /** What its clock shows when it is switched on, such as `2000-01-01T00:00:00`: so it is with a board that has no battery. Default: the time. */
  readonly clock?: string;
  /** What its disk does at most, reads and writes together. Default: what this machine's does. */
  readonly disk?: { readonly operationsPerSecond: number; readonly bytesPerSecond: number };
}

const NEEDED = ['qemu-system-x86_64', 'debootstrap', 'ssh', 'ssh-keygen', 'mke2fs', 'dpkg-deb'];
const BUILD_LIMIT_MS = patient(40 * 60_000);
const RUN_LIMIT_MS = patient(5 * 60_000);

/** Why no machine can be made here; undefined when one can. */
export const lacksMachine = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = NEEDED.filter((program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status !== 0);
  return missing.length === 0
    ? undefined
    : `not installed: ${missing.join(', ')} (apt-get install qemu-system-x86 debootstrap openssh-client e2fsprogs)`;
};

const script = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** Makes the disk anew, which takes minutes the first time and seconds later, and boots it. */
export const startMachine = async ({
  suite,
  directory,
  product,
  port,
  hardware: { memoryMiB = 3072, clock = 'utc', disk } = {},
}: MachineOptions): Promise<Machine> => {
  await mkdir(directory, { recursive: true });
  await buildDisk(suite, directory, product);
  await rm(join(directory, 'qemu.pid'), { force: true });
  const limits = disk ? { DISK_IOPS: `${disk.operationsPerSecond}`, DISK_BPS: `${disk.bytesPerSecond}` } : {};
  const env = { ...process.env, MEMORY_MIB: `${memoryMiB}`, CLOCK: clock, ...limits };
  const started = spawnSync('bash', [script('start.sh'), directory, `${port}`], { encoding: 'utf8', env });
  if (started.status !== 0) throw new Error(`qemu did not start: ${started.stderr}`);
  const pid = Number(await readFile(join(directory, 'qemu.pid'), 'utf8'));

  const run: Machine['run'] = (command, { timeoutMs = RUN_LIMIT_MS, input } = {}) =>
    new Promise((resolve) => {
      const limits = { timeout: timeoutMs, maxBuffer: 64 << 20 };
      const child = execFile('bash', [script('in-vm.sh'), directory, `${port}`, command], limits, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr }),
      );
      child.stdin?.on('error', () => {}); // it did not want to read
      child.stdin?.end(input ?? '');
    });
  return bootedMachine({ pid, run, serialLog: join(directory, 'serial.log') });
};

const buildDisk = async (suite: string, directory: string, product: string): Promise<void> => {
  const child: ChildProcess = spawn('nice', ['bash', script('build-image.sh'), suite, directory, product], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const timer = setTimeout(() => child.kill(), BUILD_LIMIT_MS);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  await writeFile(join(directory, 'build.log'), output);
  if (status !== 0) throw new Error(`the disk was not made (${join(directory, 'build.log')}): ${output.slice(-1_000)}`);
};
