import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';

const run = promisify(execFile);

/** A real terminal, 80 by 24, in a tmux server of its own. */
export interface Terminal extends AsyncDisposable {
  /** Types text; tmux's names for keys (`C-c`, `Enter`) one by one in `keys`. */
  type(text: string): Promise<void>;
  keys(...names: readonly string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The screen once it matches. */
  screen(pattern: RegExp): Promise<string>;
}

let lastTerminal = 0;

/** Runs the built command line in a terminal; the shell then prints `status=N`. */
export const openTerminal = (argv: readonly string[]): Promise<Terminal> => openTerminalOf([process.execPath, kubeletBinary, ...argv]);

/** The same for any program. */
export const openTerminalOf = async (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Terminal> => {
  lastTerminal += 1;
  const server = `solo-kubelet-${process.pid}-${lastTerminal}`;
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run('tmux', ['-L', server, ...args], { timeout: 10_000, env: { ...process.env, ...env } })).stdout;
  const quoted = words.map((word) => `'${word.replace(/'/g, `'\\''`)}'`).join(' ');
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', `${quoted}; echo "status=$?"; sleep 1000`);
  const capture = (): Promise<string> => tmux('capture-pane', '-p', '-J');
  return {
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    keys: async (...names) => void (await tmux('send-keys', ...names)),
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', String(columns), '-y', String(rows))),
    screen: async (pattern) => {
      let last = '';
      try {
        return await waitFor(
          async () => {
            last = await capture();
            return pattern.test(last) ? last : undefined;
          },
          { what: `${pattern} on the screen` },
        );
      } catch (error) {
        throw new Error(`the screen shows:\n${last}`, { cause: error });
      }
    },
    [Symbol.asyncDispose]: async () => void (await tmux('kill-server').catch(() => '')),
  };
};
