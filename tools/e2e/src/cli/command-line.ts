import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kubeletBinary } from '@solo-kubelet-tools/testbed';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line, as a user's shell would, without a terminal. */
export const kubeletCli = async (
  argv: readonly string[],
  {
    stdin,
    env = {},
    timeoutMs = 60_000,
    interruptOn,
  }: {
    readonly stdin?: string | Buffer;
    readonly env?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
    /** Ctrl-C, as soon as the output matches. */
    readonly interruptOn?: RegExp;
  } = {},
): Promise<Ran> => {
  const child = spawn(process.execPath, [kubeletBinary, ...argv], {
    stdio: 'pipe',
    env: { ...process.env, ...env },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    if (interruptOn?.test(Buffer.concat(stdout).toString())) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(stdin ?? '');
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
};
