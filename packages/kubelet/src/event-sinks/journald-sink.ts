import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { eventFields } from './core/event-fields.js';
import { journalEntry } from './core/journal-entry.js';
import type { SinkPort } from './sink-port.js';

export interface JournaldSinkOptions {
  readonly nodeName: string;
  /** Where journald listens. Default: where it always does. */
  readonly socketPath?: string;
  /** What speaks to it. Default: `logger` of util-linux, as PATH has it. */
  readonly program?: string;
}

/** One entry that takes longer is given up, ms. */
const ENTRY_TIMEOUT_MS = 10_000;

/**
 * Writes events to the journal, one an entry, with fields of their own, through `logger --journald`, since Node cannot send datagrams to a unix socket. What
 * it says to journald is its native protocol, large messages included.
 */
export const journaldSink = ({
  nodeName,
  socketPath = '/run/systemd/journal/socket',
  program = 'logger',
}: JournaldSinkOptions): SinkPort => ({
  deliver: async (events, { signal }) => {
    for (const text of events) {
      // Where there is no journald, libsystemd takes every entry without a word.
      const found = await stat(socketPath).catch(() => undefined);
      if (found?.isSocket() !== true) throw new Error(`journald does not listen at ${socketPath}`);
      await writeEntry(journalEntry(eventFields(text, Date.now()), { nodeName, pid: process.pid }), { program, signal });
    }
  },
  close: () => {},
});

const writeEntry = (entry: string, { program, signal }: { readonly program: string; readonly signal: AbortSignal }): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      program,
      ['--journald'],
      { timeout: ENTRY_TIMEOUT_MS, signal, killSignal: 'SIGKILL' },
      (error, _stdout, stderr) => {
        if (error === null) resolve();
        else if ((error as NodeJS.ErrnoException).code === 'ENOENT') reject(new Error(`there is no program ${program} (util-linux)`));
        else reject(new Error(`${program} --journald failed: ${(stderr.trim() || error.message).slice(0, 500)}`));
      },
    );
    // One that ends without having read says why at its end.
    child.stdin?.on('error', () => {}).end(entry);
  });
