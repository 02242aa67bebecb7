import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { waitFor } from '@solo-kubelet-tools/testbed';

const PROGRAM = 'chromium';
const ANSWER_MS = 120_000;

/** Why there is no browser here; undefined where there is one. */
export const lacksBrowser = (): Promise<string | undefined> =>
  promisify(execFile)(PROGRAM, ['--version'], { timeout: 60_000 }).then(
    () => undefined,
    (error: Error) => error.message,
  );

/** A page of a real browser. */
export interface BrowserPage extends AsyncDisposable {
  open(url: string): Promise<void>;
  /** What an expression comes to in the page, as text. */
  evaluate(expression: string): Promise<string>;
}

/** Starts a browser that finds every host at 127.0.0.1 and takes any certificate. */
export const openBrowser = async ({ httpsPort }: { readonly httpsPort: number }): Promise<BrowserPage> => {
  const profile = await mkdtemp(join(tmpdir(), 'browser-'));
  const child = spawn(
    PROGRAM,
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--ignore-certificate-errors'],
      ...['--remote-debugging-pipe', `--user-data-dir=${profile}`, `--host-resolver-rules=MAP *:443 127.0.0.1:${httpsPort}`],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  );
  const ask = commands(child);
  const { targetId } = await ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
  const evaluate = async (expression: string): Promise<string> => {
    const { result } = await ask<{ result: { value?: unknown } }>('Runtime.evaluate', { expression: `String(${expression})` }, sessionId);
    return String(result.value);
  };
  return {
    open: async (url) => {
      await ask('Page.navigate', { url }, sessionId);
      await waitFor(async () => (await evaluate('document.readyState')) === 'complete' || undefined, { what: url, timeoutMs: ANSWER_MS });
    },
    evaluate,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      process.kill(-child.pid!, 'SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The protocol of its developer tools: JSON with a zero byte behind, over two pipes. */
const commands = (child: ChildProcess) => {
  const [, , , input, output] = child.stdio as unknown as [unknown, unknown, unknown, Writable, Readable];
  const waiting = new Map<number, (answer: Answer) => void>();
  let rest = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer & { readonly id?: number };
      if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    }
  });
  input.on('error', () => {});
  let id = 0;
  return <T>(method: string, params: object, sessionId?: string): Promise<T> => {
    id += 1;
    const own = id;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the browser does not answer ${method}`)), ANSWER_MS);
      waiting.set(own, ({ result, error }) => {
        clearTimeout(timer);
        waiting.delete(own);
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      input.write(`${JSON.stringify({ id: own, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    });
  };
};
