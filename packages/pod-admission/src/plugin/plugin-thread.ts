import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { checkDuration, delay, longTimeout } from '@solo-kubelet/timers';
import { nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { Observable, Subject } from 'rxjs';
import type { AdmissionRequest } from '../admission.js';
import type { PluginVerdict } from './admission-plugin.js';
import { type FromWorker, type ToWorker, type WorkerInput, workerScript } from './worker-main.js';

export interface PluginThreadOptions {
  /** Package name, or absolute path or file URL of a module. */
  readonly module: string;
  readonly config: unknown;
  /** Directory that package names are looked up from. */
  readonly resolveFrom: string;
  /** How long one answer may take, ms; the thread is replaced then. */
  readonly timeoutMs: number;
  /** How long loading the plugin may take, ms. 10 s. */
  readonly loadTimeoutMs?: number;
  /** Memory of the thread, MiB. 64. */
  readonly maxMemoryMb?: number;
  /** First delay before a thread that ended is started again, ms; doubles up to a minute, and starts again after a minute without an end. 1 s. */
  readonly restartDelayMs?: number;
  readonly logger?: Logger;
}

/** A plugin in a thread of its own, started again whenever it ends. */
export interface PluginThread extends AsyncDisposable {
  /** Asks it about one Pod; one value, and never an error. A hang costs the thread. */
  admit(pod: Pod, request: AdmissionRequest): Observable<PluginVerdict>;
  /** Emits when a plugin that could not be asked can be asked again. */
  readonly recovered$: Observable<void>;
}

const MAX_RESTART_DELAY_MS = 60_000;
/** Larger than any Pod that is read from a file. */
const MAX_ANSWER_CHARS = 4 * 1024 * 1024;

/** One life of the thread. */
interface Life {
  /** Settles once the plugin is loaded, or has ended before. */
  readonly loaded: Promise<void>;
  readonly ended: Promise<string>;
  ask(message: Omit<ToWorker & { type: 'admit' }, 'id' | 'type'>, settle: (verdict: PluginVerdict) => void): () => void;
  stop(): Promise<unknown>;
}

/** Starts the thread; what it is asked before the plugin is loaded waits for that. */
export const startPluginThread = (options: PluginThreadOptions): PluginThread => {
  const { module, logger = silentLogger } = options;
  const restartDelayMs = checkDuration('restartDelayMs', options.restartDelayMs, 1_000);
  const stopping = new AbortController();
  // The one edge back: whoever was rejected for want of an answer asks again.
  const recovered$ = new Subject<void>();
  let current: Life | undefined;
  let downBecause = '';

  const keepAlive = async (): Promise<void> => {
    let delayMs = 0;
    let hasFailed = false;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      current = startLife(options, logger);
      const life = current;
      void life.loaded.then(() => {
        if (hasFailed && current === life) recovered$.next();
      });
      downBecause = await life.ended;
      current = undefined;
      hasFailed = true;
      if (stopping.signal.aborted) return;
      const lastedLong = performance.now() - startedMs > MAX_RESTART_DELAY_MS;
      delayMs = nextBackoffMs({ initialMs: restartDelayMs, maxMs: MAX_RESTART_DELAY_MS }, lastedLong ? 0 : delayMs);
      logger.warn({ plugin: module, err: downBecause, delayMs }, 'Admission plugin ended; starting it again');
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const alive = keepAlive();
  return {
    recovered$,
    admit: (pod, request) =>
      new Observable<PluginVerdict>((observer) => {
        const settle = (verdict: PluginVerdict): void => {
          observer.next(verdict);
          observer.complete();
        };
        if (current !== undefined) return current.ask({ pod, request }, settle);
        settle({ type: 'failed', message: `it is being started again: ${downBecause}` });
        return undefined;
      }),
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await current?.stop();
      await alive;
      recovered$.complete();
    },
  };
};

const startLife = (options: PluginThreadOptions, logger: Logger): Life => {
  const { module, config, resolveFrom, maxMemoryMb = 64 } = options;
  const timeoutMs = checkDuration('timeoutMs', options.timeoutMs, 5_000);
  const loadTimeoutMs = checkDuration('loadTimeoutMs', options.loadTimeoutMs, 10_000);
  let worker: Worker;
  try {
    const workerData: WorkerInput = { url: resolveModule(module, resolveFrom), config, maxAnswerChars: MAX_ANSWER_CHARS };
    const resourceLimits = { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
    // No environment: what the kubelet was started with is none of a plugin's business.
    worker = new Worker(workerScript, { eval: true, workerData, env: {}, stdout: true, stderr: true, resourceLimits, name: module });
  } catch (error) {
    const why = `it cannot be loaded: ${describeError(error)}`;
    const ask: Life['ask'] = (_message, settle) => {
      settle({ type: 'failed', message: why });
      return () => {};
    };
    return { loaded: new Promise(() => {}), ended: Promise.resolve(why), ask, stop: async () => {} };
  }
  const pending = new Map<number, (verdict: PluginVerdict) => void>();
  let lastId = 0;
  let reason: string | undefined;
  const end = (why: string): void => {
    reason ??= why;
    void worker.terminate();
  };
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on('data', (chunk: Buffer) =>
      logger.debug({ plugin: module, text: chunk.toString('utf8', 0, 1_024) }, 'Output of an admission plugin'),
    );
  }
  let isLoaded = (): void => {};
  const loaded = new Promise<void>((resolve) => {
    isLoaded = resolve;
  });
  const loadLimit = longTimeout(() => end(`it was not loaded within ${loadTimeoutMs / 1_000} s`), loadTimeoutMs);
  const ended = new Promise<string>((resolve) => {
    worker.on('error', (error) => {
      reason ??= describeError(error);
    });
    worker.on('exit', (code) => {
      loadLimit();
      const why = reason ?? `it exited with code ${code}`;
      for (const settle of pending.values()) settle({ type: 'failed', message: why });
      pending.clear();
      resolve(why);
    });
  });
  worker.on('messageerror', (error) => end(`its answer cannot be read: ${describeError(error)}`));
  worker.on('message', (said: unknown) => {
    // The plugin is in the same thread, and could say anything on the way that is ours.
    const message = (said ?? {}) as Partial<FromWorker> as FromWorker;
    if (message.type === 'ready') {
      loadLimit();
      isLoaded();
    } else if (message.type === 'refused') end(`it cannot be loaded: ${message.message}`);
    else if (message.type === 'verdict') {
      pending.get(message.id)?.(message.verdict);
      pending.delete(message.id);
    }
  });
  const post = (message: ToWorker): void => worker.postMessage(message);
  const ask: Life['ask'] = ({ pod, request }, settle) => {
    if (reason !== undefined) {
      settle({ type: 'failed', message: reason });
      return () => {};
    }
    lastId += 1;
    const id = lastId;
    let released = (): void => {};
    let done = false;
    pending.set(id, (verdict) => {
      done = true;
      released();
      settle(verdict);
    });
    // Of a plugin that is still being loaded the time begins with that.
    const begin = (): void => {
      if (done) return;
      released = longTimeout(
        () => end(`it did not answer within ${timeoutMs / 1_000} s (${request.kind} ${request.namespace}/${request.name})`),
        timeoutMs,
      );
    };
    void loaded.then(begin);
    post({ type: 'admit', id, pod, request });
    return () => {
      if (done) return;
      done = true;
      released();
      pending.delete(id);
      post({ type: 'abort', id });
    };
  };
  return { loaded, ended, ask, stop: () => worker.terminate() };
};

const resolveModule = (name: string, resolveFrom: string): string => {
  if (name.startsWith('file:')) return name;
  if (isAbsolute(name)) return pathToFileURL(name).href;
  return pathToFileURL(createRequire(join(resolveFrom, 'package.json')).resolve(name)).href;
};
