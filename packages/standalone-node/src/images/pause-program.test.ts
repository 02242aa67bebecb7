import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localArchitecture } from './image-archive.js';
import { pauseProgram } from './pause-program.js';

describe('pauseProgram', () => {
  it.each([
    ['amd64', 62, 228],
    ['arm64', 183, 240],
  ] as const)('is a static ELF executable for %s', (architecture, machine, bytes) => {
    const program = pauseProgram(architecture);
    expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(program.readUInt16LE(18)).toBe(machine);
    expect(program.length).toBe(bytes);
  });
});

const architecture = process.platform === 'linux' ? localArchitecture(process.arch) : undefined;

describe.runIf(architecture !== undefined)('the pause program on this machine (Linux on x64 or arm64 only)', () => {
  let directory: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pause-'));
    await writeFile(join(directory, 'pause'), pauseProgram(architecture!));
    await chmod(join(directory, 'pause'), 0o755);
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with status 0 on %s and outlives other signals', async (signal) => {
    child = spawn(join(directory, 'pause'));
    await once(child, 'spawn');
    const exit = once(child, 'exit');
    await expect.poll(() => nameAndState(child?.pid ?? 0), { timeout: 5_000, interval: 5 }).toBe('pause S');
    child.kill('SIGHUP');
    child.kill('SIGUSR1');
    child.kill(signal);
    // Killed by one of the first two, it would have no exit status.
    expect(await exit).toEqual([0, null]);
  });

  it('reaps children that end while it waits', async () => {
    // The shell leaves a child behind and becomes the pause program, which inherits it.
    child = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec ./pause'], { cwd: directory });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const orphan = Number(line.toString());
    await expect.poll(() => isGone(orphan), { timeout: 5_000 }).toBe(true);
    expect(child.exitCode).toBeNull();
  });
});

/** `pause S`: the program has begun and sleeps, waiting for a signal. (While it waits, /proc shows no signal as blocked.) */
const nameAndState = (pid: number): string => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return ['Name', 'State'].map((field) => new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(status)?.[1]).join(' ');
};

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};
