import { spawn } from 'node:child_process';
import { checkDuration } from '@solo-kubelet/timers';

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunProgramOptions {
  /** Given to the program. Default: nothing. */
  readonly input?: string;
  /** Default 30 s, ms. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** Starts a program of the machine and waits for it. */
export type RunProgram = (program: string, args: readonly string[], options: RunProgramOptions) => Promise<ProgramResult>;

const TIMEOUT_MS = 30_000;
/** What is kept of each output, bytes: that of the neighbours of a large network is some hundred thousand. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** @throws Error for a program that is missing, was ended, or took too long */
export const runProgram: RunProgram = (program, args, { input = '', timeoutMs: givenTimeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    const timeoutMs = checkDuration('timeoutMs', givenTimeoutMs, TIMEOUT_MS);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const outputs = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        if (size < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - size));
        size += chunk.length;
      });
      return () => Buffer.concat(chunks).toString('utf8');
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error(`${program} is not installed: install the package that has it`, { cause: error }) : error),
    );
    child.on('close', (code, killed) => {
      const [stdout, stderr] = outputs.map((read) => read()) as [string, string];
      if (killed !== null) reject(new Error(`${program} was ended by ${killed}${stderr === '' ? '' : `: ${stderr.trim()}`}`));
      else resolve({ code, stdout, stderr });
    });
    // A program that ends early closes its input: its exit code tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
