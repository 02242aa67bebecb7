import { PassThrough, type Readable, Transform } from 'node:stream';
import type { TerminalSize } from '@solo-kubelet/cri-client/streaming';
import { onAbort } from '@solo-kubelet/timers';
import type { CliInput, CliOutput } from '../cli-io.js';

/** Keys that leave a session and let the command run on: Ctrl-P Ctrl-Q, as docker and crictl have it. */
const DETACH_KEYS = Buffer.from([0x10, 0x11]);

/** A terminal handed to a remote command: raw until disposed. */
export interface RawTerminal extends Disposable {
  readonly input: Readable;
  readonly sizes: AsyncIterable<TerminalSize>;
}

export interface RawTerminalOptions {
  /** Called when the detach keys are typed. Absent: they are keys like any other. */
  readonly onDetach?: () => void;
}

/** Puts the terminal into raw mode and follows its size. */
export const openRawTerminal = (stdin: CliInput, stdout: CliOutput, { onDetach }: RawTerminalOptions = {}): RawTerminal => {
  stdin.setRawMode?.(true);
  const input = onDetach ? stdin.pipe(detachOn(DETACH_KEYS, onDetach)) : stdin.pipe(new PassThrough());
  const ended = new AbortController();
  return {
    input,
    sizes: terminalSizes(stdout, ended.signal),
    [Symbol.dispose]: () => {
      ended.abort();
      stdin.unpipe(input as Transform);
      stdin.pause();
      stdin.setRawMode?.(false);
    },
  };
};

async function* terminalSizes(stdout: CliOutput, signal: AbortSignal): AsyncGenerator<TerminalSize> {
  let wake = (): void => {};
  let changed = true;
  const onResize = (): void => {
    changed = true;
    wake();
  };
  stdout.on('resize', onResize);
  const release = onAbort(signal, onResize);
  try {
    while (!signal.aborted) {
      if (changed && stdout.columns && stdout.rows) {
        changed = false;
        yield { width: stdout.columns, height: stdout.rows };
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stdout.off('resize', onResize);
    release();
  }
}

/** Passes bytes through until the keys come in a row; held keys go through when another follows. */
const detachOn = (keys: Buffer, onDetach: () => void): Transform => {
  let held = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const out: number[] = [];
      for (const byte of chunk) {
        if (byte === keys[held]) {
          held += 1;
          if (held === keys.length) {
            onDetach();
            done();
            return;
          }
        } else {
          out.push(...keys.subarray(0, held), byte);
          held = 0;
        }
      }
      done(null, Buffer.from(out));
    },
  });
};
