import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { joinSignals, onAbort, timeoutSignal } from '@solo-kubelet/timers';

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
  /** Resolves with what it said last once it has ended. */
  readonly ended: Promise<string>;
  /** Ends it: open requests have `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Starts the master in the foreground, as a child whose group is its own. */
export const startHaproxy = (haproxy: string, directory: string, masterSocket: string): Promise<HaproxyProcess> =>
  new Promise((resolve, reject) => {
    const child = spawn(haproxy, ['-W', '-S', `${masterSocket},mode,600`, '-f', join(directory, 'haproxy.cfg')], {
      cwd: directory,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-MAX_OUTPUT);
    });
    const ended = new Promise<string>((end) => child.on('exit', (status, signal) => end(said.trim() || `ended with ${signal ?? status}`)));
    child.on('error', reject);
    child.on('spawn', () => {
      const pid = child.pid ?? 0;
      resolve({
        pid,
        ended,
        stop: async (graceMs) => {
          child.kill('SIGUSR1');
          using limit = joinSignals([timeoutSignal(graceMs)]);
          const release = onAbort(limit.signal, () => killGroup(pid, 'SIGTERM'));
          await ended;
          release();
          // A worker of an earlier generation may still carry a WebSocket.
          killGroup(pid, 'SIGKILL');
        },
      });
    });
  });

const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has gone already.
  }
};
