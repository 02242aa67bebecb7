import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts `pnpm dev` and gives what it prints, both outputs together, line by line. */
const startDev = () => {
  const child = spawn(process.execPath, [join(root, 'tools/setup/dev.mjs')], {
    env: { ...process.env, DEV_INSPECT: '127.0.0.1:0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      seen.push(line);
      for (const check of [...waiting]) check();
    });
  }
  /** The text in brackets of the `count`th line that matches. */
  const line = (pattern: RegExp, count = 1): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = seen.flatMap((text) => pattern.exec(text)?.[1] ?? [])[count - 1];
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      child.once('exit', () => reject(new Error(`it ended:\n${seen.join('\n')}`)));
      check();
    });
  return { child, line };
};

it('pnpm dev runs the examples from source with an inspector, and again after a change of a source file', async () => {
  const { child, line } = startDev();
  onTestFinished(() => void child.kill('SIGTERM'));
  expect(await line(/^Debugger listening on (ws:\/\/127\.0\.0\.1:\d+)/)).toMatch(/:[1-9]\d*$/);
  const socket = await line(/get pods -w --socket (\S+)/);
  expect(existsSync(socket)).toBe(true);

  const source = join(root, 'packages/kubelet-cli/src/main.ts');
  const { atime, mtime } = statSync(source);
  onTestFinished(() => utimesSync(source, atime, mtime));
  // The watcher may still be reading what it is to watch: a change that it did not see is made again.
  const touch = (): void => utimesSync(source, atime, new Date());
  const touching = setInterval(touch, 2_000);
  onTestFinished(() => clearInterval(touching));
  touch();
  await line(/(rerunning|restarting)/i);
  clearInterval(touching);
  const next = await line(/get pods -w --socket (\S+)/, 2);
  expect(next).not.toBe(socket);
  expect(existsSync(dirname(socket))).toBe(false);

  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
  expect(existsSync(dirname(next))).toBe(false);
});
