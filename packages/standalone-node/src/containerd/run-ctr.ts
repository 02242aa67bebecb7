import { execFile } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MAX_OUTPUT_BYTES = 16 << 20;

export interface CtrOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: nothing to read. */
  readonly stdin?: Readable;
}

/** Runs containerd's own client on the Kubernetes namespace and returns its output; a failure's message is its last line. */
export const runCtr = (
  program: string,
  socketPath: string,
  args: readonly string[],
  { signal, stdin, timeoutMs }: CtrOptions & { readonly timeoutMs: number },
): Promise<string> =>
  new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, ...(signal === undefined ? {} : { signal }) };
    let unread: Error | undefined;
    const child = execFile(program, ['-a', socketPath, '-n', 'k8s.io', ...args], limits, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === 'ENOENT' || signal?.aborted) return reject(error);
      reject(unread ?? new Error(lastLine(stderr).replace(/^ctr: /, '') || error.message));
    });
    if (stdin === undefined || child.stdin === null) child.stdin?.end();
    else {
      pipeline(stdin, child.stdin).catch((error: NodeJS.ErrnoException) => {
        // A client that has stopped reading tells why by itself; what cannot be read must end it.
        if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
        unread = error;
        child.kill();
      });
    }
  });

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
