import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeletBinary } from '@solo-kubelet-tools/testbed';

export interface LinkedKubelet extends AsyncDisposable {
  /** Records on standard error so far. */
  records(): readonly Readonly<Record<string, unknown>>[];
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>;
}

/** Starts the built command line as a program called `kubelet`, with nothing but flags, as a unit file would. */
export const startLinkedKubelet = async (directory: string, flags: readonly string[]): Promise<LinkedKubelet> => {
  const program = join(directory, 'kubelet-bin', 'kubelet');
  await mkdir(join(directory, 'kubelet-bin'), { recursive: true });
  await symlink(kubeletBinary, program).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'exit').then(([status]) => status as number | null);
  await once(child, 'spawn');
  return {
    records: () =>
      log.split('\n').flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : [])),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
};
