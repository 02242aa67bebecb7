#!/usr/bin/env node
import { basename } from 'node:path';
import { main } from './main.js';

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

const status = await main(process.argv.slice(2), {
  programName: basename(process.argv[1] ?? 'kubelet-cli'),
  programPath: process.argv[1] ?? '',
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: interruption.signal,
});
// What is written must be out before the end; what still lingers, such as a keep-alive connection, must not delay it.
for (const output of [process.stdout, process.stderr]) await new Promise((resolve) => output.write('', resolve));
process.exit(status);
