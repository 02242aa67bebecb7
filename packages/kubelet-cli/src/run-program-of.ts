import { basename } from 'node:path';
import type { Main } from './main-of.js';

/** How this process was called. */
export interface Invocation {
  /** The name it was called by: a link called `kubelet` is the kubelet. */
  readonly programName: string;
  /** Path of the file that holds the program. */
  readonly programPath: string;
  readonly argv: readonly string[];
}

/** As Node.js runs a script: the script stands before its arguments. */
export const invocationOfScript = (): Invocation => ({
  programName: basename(process.argv[1] ?? 'kubelet-cli'),
  programPath: process.argv[1] ?? '',
  argv: process.argv.slice(2),
});

/** Runs a command line as this process, and ends the process with its status. */
export const runProgramOf = async (main: Main, { programName, programPath, argv }: Invocation): Promise<never> => {
  const interruption = new AbortController();
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      // A second one ends at once.
      if (interruption.signal.aborted) process.exit(status);
      interruption.abort(signal);
    });
  }
  // A reader that has gone away, such as `head`, is not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  // Nor is one of the log, such as a journald that is stopped: a kubelet that nobody listens to looks after its Pods.
  process.stderr.on('error', () => {});

  const { stdin, stdout, stderr, env } = process;
  const status = await main(argv, { programName, programPath, stdin, stdout, stderr, env, interrupted: interruption.signal });
  // What is written must be out before the end; what still lingers, such as a keep-alive connection, must not delay it.
  for (const output of [stdout, stderr]) await new Promise((resolve) => output.write('', resolve));
  process.exit(status);
};
