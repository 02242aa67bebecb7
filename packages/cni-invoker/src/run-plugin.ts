import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { checkDuration, delay, longTimeout, onAbort } from '@solo-kubelet/timers';
import { CniError } from './cni-error.js';
import { killByEnvironment } from './process-kill.js';

/**
 * Set in every plugin's environment: its children inherit it, and are found and ended by it. A process group would miss children that
 * leave it, and starting one session for each plugin costs a tenth of an ADD (Linux' autogroup scheduling).
 */
export const RUN_MARKER = 'CNI_INVOKER_RUN';

/** Longest run of one plugin, ms. Twice what a DHCP exchange with its repeats takes. */
export const DEFAULT_PLUGIN_TIMEOUT_MS = 60_000;
/** Most bytes a plugin may print as its reply. */
const MAX_STDOUT_BYTES = 1024 * 1024;
/** Most bytes of a plugin's log that are kept: its end. */
const MAX_STDERR_BYTES = 64 * 1024;
/** How long a finished plugin's child may hold the output open, ms. */
const DRAIN_MS = 500;
/** Starts of a binary that is being written, and the pause between them, ms (the reference library's figures). */
const BUSY_ATTEMPTS = 6;
const BUSY_PAUSE_MS = 1_000;

export interface PluginProcess {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface PluginExit {
  readonly stdout: string;
  /** The end of what it logged. */
  readonly stderr: string;
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly exitSignal: string | undefined;
}

export interface RunOptions {
  /** Aborting kills the plugin and everything it started; the call rejects with the signal's reason once they are gone. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Pause between starts of a busy binary, ms. Default 1000. */
  readonly busyPauseMs?: number;
}

/**
 * Runs a program to its end. It never outlives the call: on abort, time limit or too much output it is killed with all
 * that carries its marker. A child that only outlives a plugin which ended well, and let go of its output, is left alone.
 */
export const runPlugin = async (plugin: PluginProcess, { busyPauseMs: givenPauseMs, ...options }: RunOptions = {}): Promise<PluginExit> => {
  const busyPauseMs = checkDuration('busyPauseMs', givenPauseMs, BUSY_PAUSE_MS);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(plugin, options);
    } catch (error) {
      if (!CniError.is(error) || error.code !== 'CNI_PLUGIN_BUSY' || attempt === BUSY_ATTEMPTS) throw error;
      await delay(busyPauseMs, undefined, { signal: options.signal });
    }
  }
};

const runOnce = async (plugin: PluginProcess, { signal, timeoutMs: givenTimeoutMs }: RunOptions): Promise<PluginExit> => {
  const timeoutMs = checkDuration('timeoutMs', givenTimeoutMs, DEFAULT_PLUGIN_TIMEOUT_MS);
  signal?.throwIfAborted();
  const marker = randomUUID();
  const child = await start(plugin, marker);
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr = Buffer.alloc(0);
  const end = new AbortController();
  const release = onAbort(signal, () => end.abort(signal?.reason));
  const inTime = longTimeout(() => end.abort(timedOut(plugin, timeoutMs)), timeoutMs);

  child.stdout?.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (stdoutBytes <= MAX_STDOUT_BYTES) stdout.push(chunk);
    else end.abort(tooMuch(plugin));
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-MAX_STDERR_BYTES);
  });
  // A plugin may end without reading: that shows in its exit, not here.
  child.stdin?.on('error', () => {});
  child.stdin?.end(plugin.stdin);

  const exited = new Promise<{ exitCode: number | undefined; exitSignal: string | undefined }>((resolve) => {
    child.once('exit', (code, by) => resolve({ exitCode: code ?? undefined, exitSignal: by ?? undefined }));
  });
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const stopped = new Promise<'stopped'>((resolve) => {
    onAbort(end.signal, () => resolve('stopped'));
  });
  try {
    const ended = await Promise.race([exited, stopped]);
    const drained = ended !== 'stopped' && (await Promise.race([closed.then(() => true), stopped, after(DRAIN_MS)])) === true;
    if (!drained) {
      child.kill('SIGKILL');
      await killByEnvironment({ [RUN_MARKER]: marker });
      await exited;
      child.stdout?.destroy();
      child.stderr?.destroy();
      end.signal.throwIfAborted();
    }
    return { ...(await exited), stdout: Buffer.concat(stdout).toString('utf8'), stderr: stderr.toString('utf8').trim() };
  } finally {
    inTime();
    release();
  }
};

const start = async ({ path, args = [], env }: PluginProcess, marker: string): Promise<ChildProcess> => {
  try {
    const child = spawn(path, args, { env: { ...env, [RUN_MARKER]: marker }, stdio: 'pipe' });
    await new Promise<void>((resolve, reject) => void child.once('spawn', resolve).once('error', reject));
    return child;
  } catch (cause) {
    const busy = (cause as NodeJS.ErrnoException).code === 'ETXTBSY';
    throw new CniError({
      code: busy ? 'CNI_PLUGIN_BUSY' : 'CNI_PLUGIN_NOT_STARTED',
      message: busy ? `${path} is being written` : `${path} could not be started`,
      retryable: busy,
      cause,
    });
  }
};

const after = (ms: number): Promise<undefined> => delay(ms, undefined, { ref: false });

const timedOut = ({ path }: PluginProcess, timeoutMs: number): CniError =>
  new CniError({ code: 'CNI_TIMEOUT', retryable: true, message: `${path} did not end within ${timeoutMs} ms and was killed` });

const tooMuch = ({ path }: PluginProcess): CniError =>
  new CniError({ code: 'CNI_OUTPUT_TOO_LARGE', message: `${path} printed more than ${MAX_STDOUT_BYTES} bytes and was killed` });
