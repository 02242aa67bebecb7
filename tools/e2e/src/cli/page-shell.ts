import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

export interface RanBlock {
  readonly status: number;
  readonly stdout: string;
  /** With what came on standard error, in the order in which it came. */
  readonly all: string;
}

/** The blocks of a page that its readers run. */
export const pageBlocks = async (page: URL): Promise<readonly string[]> =>
  [...(await readFile(page, 'utf8')).matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);

export interface RunBlockOptions {
  /** Where it runs. */
  readonly directory: string;
  /** A directory in front of the PATH. */
  readonly programs: string;
  readonly socketPath: string;
  /** Whether a pipe fails where any of its commands does. Default true. */
  readonly pipefail?: boolean;
}

/** Runs a block as a reader's shell would, and ends with its first command that fails. */
export const runBlock = async (block: string, { directory, programs, socketPath, pipefail = true }: RunBlockOptions): Promise<RanBlock> => {
  const child = spawn('timeout', ['110', 'bash', '-eu', pipefail ? '-o' : '+o', 'pipefail', '-c', block], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${programs}:${process.env['PATH']}`, SOLO_KUBELET_SOCKET: socketPath },
  });
  const outputs = { stdout: '', all: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    outputs.stdout += chunk;
    outputs.all += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    outputs.all += chunk;
  });
  const [status] = (await once(child, 'close')) as [number];
  return { status, ...outputs };
};
