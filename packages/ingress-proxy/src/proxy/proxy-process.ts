import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { joinSignals, onAbort, timeoutSignal } from '@solo-kubelet/timers';
import { delay } from '@solo-kubelet/timers/rxjs';
import type { SchedulerLike } from 'rxjs';

export interface ProgramResult {
  readonly status: number | null;
  readonly output: string;
}

const CHECK_MS = 60_000;
const MAX_OUTPUT = 16_384;

/** Runs a program to its end; resolves to what it said last. Rejects where it can't be started, or takes a minute. */
export const runProgram = async (program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramResult> => {
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

/** A running proxy: a master that starts workers anew and hands them its sockets. */
export interface ProxyProcess {
  readonly pid: number;
  /** Resolves with what it said last once it has ended; never where it was to be followed no more. */
  readonly ended: Promise<string>;
  /** Ends it: open requests have `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface StartedProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** File for what it says; begun anew. */
  readonly log: string;
  /** What has it end once all requests have. */
  readonly gentle: NodeJS.Signals;
}

/**
 * Starts a master in the foreground, as a child whose group is its own. It holds nothing of this process and outlives it: what it says goes
 * to a file.
 */
export const startProgram = async ({ program, args, directory, log, gentle }: StartedProgram): Promise<ProxyProcess> => {
  await (await open(log, 'w', 0o600)).close();
  // It writes there by itself, too.
  const file = await open(log, 'a', 0o600);
  try {
    const child = spawn(program, args, {
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
    return { pid, ended: said, stop: (graceMs) => stop(pid, said, { graceMs, gentle }) };
  } finally {
    await file.close();
  }
};

const lastWords = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.slice(-MAX_OUTPUT).trim(),
    () => '',
  );

/** A master that somebody else started. */
export interface Master {
  readonly pid: number;
  /** When it started, which tells it from a later process of the same number. */
  readonly bornAt: string;
}

export interface Following {
  readonly scheduler: SchedulerLike;
  readonly signal: AbortSignal;
}

const POLL_MS = 2_000;

/** A master that an earlier process left, as one's own. It is followed until the signal aborts. */
export const followMaster = (
  master: Master,
  { scheduler, signal, log, gentle }: Following & Pick<StartedProgram, 'log' | 'gentle'>,
): ProxyProcess => {
  const ended = new Promise<string>((end) => {
    const follow = async (): Promise<void> => {
      while (!signal.aborted && (await isThere(master))) await delay(POLL_MS, scheduler, signal);
      if (!signal.aborted) end((await lastWords(log)) || 'ended');
    };
    void follow();
  });
  return { pid: master.pid, ended, stop: (graceMs) => stopMaster(master, { graceMs, gentle, scheduler }) };
};

export const stopMaster = (
  master: Master,
  { graceMs, gentle, scheduler }: { readonly graceMs: number; readonly gentle: NodeJS.Signals; readonly scheduler: SchedulerLike },
): Promise<void> => stop(master.pid, untilGone(master, scheduler), { graceMs, gentle });

const isThere = async ({ pid, bornAt }: Master): Promise<boolean> => (await birthOf(pid)) === bornAt;

/** Empty for a process that has ended. */
export const birthOf = async (pid: number): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
};

const STOP_POLL_MS = 50;
const NEVER = new AbortController().signal;

const untilGone = async (master: Master, scheduler: SchedulerLike): Promise<void> => {
  while (await isThere(master)) await delay(STOP_POLL_MS, scheduler, NEVER);
};

const stop = async (
  pid: number,
  ended: Promise<unknown>,
  { graceMs, gentle }: { readonly graceMs: number; readonly gentle: NodeJS.Signals },
): Promise<void> => {
  kill(pid, gentle);
  using hurry = joinSignals([timeoutSignal(graceMs)]);
  using last = joinSignals([timeoutSignal(2 * graceMs)]);
  const releases = [onAbort(hurry.signal, () => kill(-pid, 'SIGTERM')), onAbort(last.signal, () => kill(-pid, 'SIGKILL'))];
  await ended;
  for (const release of releases) release();
  // A worker of an earlier generation may still carry a WebSocket.
  kill(-pid, 'SIGKILL');
};

export const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already.
  }
};
