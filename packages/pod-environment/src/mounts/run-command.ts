import { spawn } from 'node:child_process';
import { longTimeout, onAbort } from '@solo-kubelet/timers';

export interface CommandResult {
  /** Undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True when the time limit or the caller's signal ended the wait. The process may still hang in the kernel. */
  readonly gaveUp: boolean;
  /** Settles when the process is really gone. */
  readonly ended: Promise<void>;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program to its end. Never throws for a program that fails; a program that cannot be started has exit code 127. */
export type RunCommand = (program: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

const OUTPUT_LIMIT = 64 * 1024;

/**
 * Runs a program without a shell, in the C locale. A process that ignores SIGKILL (an umount stuck in the kernel on a dead server) is left behind
 * and no longer waited for.
 */
export const runCommand: RunCommand = (program, args, { timeoutMs, signal }) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve({ exitCode: undefined, stdout: '', stderr: 'aborted', gaveUp: true, ended: Promise.resolve() });
    let stdout = '';
    let stderr = '';
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: SEARCH_PATH, LC_ALL: 'C' } });
    const ended = new Promise<void>((gone) => {
      child.once('error', () => gone()).once('exit', () => gone());
    });
    const settle = (result: Pick<CommandResult, 'exitCode' | 'gaveUp'>, text = ''): void => {
      inTime();
      release();
      resolve({ ...result, stdout, stderr: stderr + text, ended });
    };
    const giveUp = (why: string): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle({ exitCode: undefined, gaveUp: true }, why);
    };
    const inTime = longTimeout(() => giveUp(`timed out after ${timeoutMs} ms`), timeoutMs);
    const release = onAbort(signal, () => giveUp('aborted'));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (stdout.length < OUTPUT_LIMIT) stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (stderr.length < OUTPUT_LIMIT) stderr += chunk;
    });
    child.on('error', (error) => settle({ exitCode: 127, gaveUp: false }, error.message));
    child.on('close', (code) => settle({ exitCode: code ?? undefined, gaveUp: false }));
  });

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
