import { PassThrough } from 'node:stream';
import type { CliIo } from '../src/cli-io.js';

export interface FakeIo extends CliIo {
  /** What was written to standard output so far. */
  output(): string;
  errors(): string;
  /** As Ctrl-C would. */
  interrupt(): void;
}

/** A terminal-less outside world for one command. */
export const fakeIo = ({
  input = '',
  programName = 'kubelet-cli',
}: {
  readonly input?: string;
  readonly programName?: string;
} = {}): FakeIo => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const controller = new AbortController();
  const gather = (stream: PassThrough): (() => string) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    return () => text;
  };
  stdin.end(input);
  return {
    programName,
    programPath: '/usr/bin/kubelet-cli',
    stdin,
    stdout,
    stderr,
    env: {},
    interrupted: controller.signal,
    output: gather(stdout),
    errors: gather(stderr),
    interrupt: () => controller.abort('SIGINT'),
  };
};
