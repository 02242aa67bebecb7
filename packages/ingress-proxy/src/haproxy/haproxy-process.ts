import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinSignals, onAbort, timeoutSignal } from '@solo-kubelet/timers';
import { delay } from '@solo-kubelet/timers/rxjs';
import type { SchedulerLike } from 'rxjs';
import { haproxyCommand } from './haproxy-socket.js';

export interface ProgramResult {
  readonly status: number | null;
  readonly output: string;
}

const CHECK_MS = 60_000;
const MAX_OUTPUT = 16_384;

/** Whether haproxy takes a configuration: undefined, or what it says against it. */
export const checkConfiguration = async (haproxy: string, path: string, signal: AbortSignal): Promise<string | undefined> => {
  const { status, output } = await runProgram(haproxy, ['-c', '-q', '-f', path], signal);
  return status === 0 ? undefined : output.trim() || `${haproxy} -c ended with ${status}`;
};

const runProgram = async (program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramResult> => {
  using limit = joinSignals([signal, timeoutSignal(CHECK_MS)]);
  return await new Promise<ProgramResult>((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: limit.signal });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        output = (output + text).slice(-MAX_OUTPUT);
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
};

/** A running haproxy: a master that starts workers anew and hands them its sockets. */
export interface HaproxyProcess {
  readonly pid: number;
  /** Resolves with what it said last once it has ended; never where it was to be followed no more. */
  readonly ended: Promise<string>;
  /** Ends it: open requests have `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** What it says; begun anew with each start. */
const LOG_FILE = 'haproxy.log';

/**
 * Starts the master in the foreground, as a child whose group is its own. It holds nothing of this process and outlives it: what it says goes
 * to a file.
 */
export const startHaproxy = async (haproxy: string, directory: string, masterSocket: string): Promise<HaproxyProcess> => {
  const log = join(directory, LOG_FILE);
  const file = await open(log, 'w', 0o600);
  try {
    const child = spawn(haproxy, ['-W', '-S', `${masterSocket},mode,600`, '-f', join(directory, 'haproxy.cfg')], {
      cwd: directory,
      detached: true,
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'ignore', file.fd],
    });
    child.unref();
    const said = new Promise<string>((end) =>
      child.on('exit', (status, signal) => void lastWords(log).then((words) => end(words || `ended with ${signal ?? status}`))),
    );
    const pid = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('spawn', () => resolve(child.pid ?? 0));
    });
    return { pid, ended: said, stop: (graceMs) => stop(pid, said, graceMs) };
  } finally {
    await file.close();
  }
};

const lastWords = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.slice(-MAX_OUTPUT).trim(),
    () => '',
  );

const POLL_MS = 2_000;

interface Following {
  readonly scheduler: SchedulerLike;
  readonly signal: AbortSignal;
}

/** The master that an earlier process left, if one answers at its socket. It is followed until the signal aborts. */
export const adoptHaproxy = async (
  directory: string,
  masterSocket: string,
  { scheduler, signal }: Following,
): Promise<HaproxyProcess | undefined> => {
  const master = await findMaster(masterSocket, signal);
  if (master === undefined) return undefined;
  const ended = new Promise<string>((end) => {
    const follow = async (): Promise<void> => {
      while (!signal.aborted && (await isThere(master))) await delay(POLL_MS, scheduler, signal);
      if (!signal.aborted) end((await lastWords(join(directory, LOG_FILE))) || 'ended');
    };
    void follow();
  });
  return { pid: master.pid, ended, stop: (graceMs) => stop(master.pid, untilGone(master, scheduler), graceMs) };
};

/** Ends a proxy that an earlier process left: it holds the ports, and nobody drives it. Tells whether there was one. */
export const endEarlier = async (
  masterSocket: string,
  { graceMs, scheduler, signal }: Following & { readonly graceMs: number },
): Promise<boolean> => {
  const master = await findMaster(masterSocket, signal);
  if (master !== undefined) await stop(master.pid, untilGone(master, scheduler), graceMs);
  return master !== undefined;
};

interface Master {
  readonly pid: number;
  /** When it started, which tells it from a later process of the same number. */
  readonly bornAt: string;
}

const findMaster = async (masterSocket: string, signal: AbortSignal): Promise<Master | undefined> => {
  const said = await untilAnswered(() => haproxyCommand(masterSocket, ['show proc'], signal), signal);
  const pid = Number(/^(\d+)\s+master/m.exec(said)?.[1] ?? 0);
  const bornAt = pid === 0 ? '' : await birthOf(pid);
  return bornAt === '' ? undefined : { pid, bornAt };
};

const MOST_TRIES = 3;

/** A socket that somebody listens at may be answered late on a busy machine; a master that is taken for gone would go on with the ports. */
const untilAnswered = async (ask: () => Promise<string>, signal: AbortSignal): Promise<string> => {
  for (let tries = 1; tries <= MOST_TRIES && !signal.aborted; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ECONNREFUSED') break;
    }
  }
  return '';
};

const isThere = async ({ pid, bornAt }: Master): Promise<boolean> => (await birthOf(pid)) === bornAt;

/** Empty for a process that has ended. */
const birthOf = async (pid: number): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
};

const STOP_POLL_MS = 50;
const NEVER = new AbortController().signal;

const untilGone = async (master: Master, scheduler: SchedulerLike): Promise<void> => {
  while (await isThere(master)) await delay(STOP_POLL_MS, scheduler, NEVER);
};

const stop = async (pid: number, ended: Promise<unknown>, graceMs: number): Promise<void> => {
  kill(pid, 'SIGUSR1');
  using hurry = joinSignals([timeoutSignal(graceMs)]);
  using last = joinSignals([timeoutSignal(2 * graceMs)]);
  const releases = [onAbort(hurry.signal, () => kill(-pid, 'SIGTERM')), onAbort(last.signal, () => kill(-pid, 'SIGKILL'))];
  await ended;
  for (const release of releases) release();
  // A worker of an earlier generation may still carry a WebSocket.
  kill(-pid, 'SIGKILL');
};

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already.
  }
};
