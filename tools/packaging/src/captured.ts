import { PassThrough, Readable } from 'node:stream';
import { main } from '@solo-kubelet/kubelet-cli';

/** What a command line prints to standard output; fails when its status is not 0. */
export const captured = async (...argv: readonly string[]): Promise<string> => {
  const chunks: Buffer[] = [];
  const stdout = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const stderr = new PassThrough().resume();
  const status = await main(argv, {
    programName: 'kubelet-cli',
    programPath: '/usr/bin/kubelet-cli',
    stdin: Readable.from([]),
    stdout,
    stderr,
    env: {},
    interrupted: new AbortController().signal,
  });
  if (status !== 0) throw new Error(`kubelet-cli ${argv.join(' ')} ended with status ${status}`);
  return Buffer.concat(chunks).toString();
};
