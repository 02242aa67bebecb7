import { Worker, type WorkerOptions } from 'node:worker_threads';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import type { ProbeOutcome } from '../probe-handler.js';
import type { PluginTarget } from './probe-plugin.js';
import { type FromWorker, type ToWorker, workerScript } from './worker-main.js';

export interface PluginWorkerOptions {
  /** For messages. */
  readonly name: string;
  readonly url: string;
  readonly resourceLimits: NonNullable<WorkerOptions['resourceLimits']>;
  readonly loadTimeoutMs: number;
  readonly validateTimeoutMs: number;
  /** How long the plugin may take to answer after its attempt was aborted, ms. */
  readonly abortGraceMs: number;
  readonly logger: Logger;
}

/** One life of a plugin's thread. */
export interface PluginWorker {
  readonly field: string;
  /** Settles with an outcome whatever happens to the thread. */
  probe(action: unknown, target: PluginTarget, signal: AbortSignal): Promise<ProbeOutcome>;
  /**
   * Why the plugin does not take an action, or that it did not say within `validateTimeoutMs`; undefined when it does, and when the thread ends before it
   * says.
   */
  validate(action: unknown): Promise<string | undefined>;
  /** Settles with the reason when the thread has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts the thread and waits until the plugin is loaded; rejects with the reason when it isn't. */
export const startPluginWorker = (options: PluginWorkerOptions): Promise<PluginWorker> =>
  new Promise((resolve, reject) => {
    const { name, url, resourceLimits, loadTimeoutMs, validateTimeoutMs, abortGraceMs, logger } = options;
    // No environment: what the kubelet was started with is none of a plugin's business.
    const worker = new Worker(workerScript, { eval: true, workerData: url, env: {}, stdout: true, stderr: true, resourceLimits, name });
    const pending = new Map<number, (outcome: ProbeOutcome) => void>();
    const validating = new Map<number, (fault: string | undefined) => void>();
    let lastId = 0;
    let reason: string | undefined;
    const post = (message: ToWorker): void => worker.postMessage(message);

    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on('data', (chunk: Buffer) =>
        logger.debug({ plugin: name, text: chunk.toString('utf8', 0, 1_024) }, 'Output of a probe plugin'),
      );
    }
    const loaded = longTimeout(() => {
      reason = `it was not loaded within ${loadTimeoutMs / 1_000} s`;
      void worker.terminate();
    }, loadTimeoutMs);

    const ended = new Promise<string>((resolveEnd) => {
      worker.on('error', (error) => {
        reason ??= describeError(error);
      });
      worker.on('exit', (code) => {
        loaded();
        const why = reason ?? `it exited with code ${code}`;
        for (const settle of pending.values()) settle({ result: 'unknown', output: `probe plugin ${name}: ${why}` });
        pending.clear();
        for (const settle of validating.values()) settle(undefined);
        validating.clear();
        reject(new Error(why));
        resolveEnd(why);
      });
    });

    const probe: PluginWorker['probe'] = (action, target, signal) =>
      new Promise((settle) => {
        if (reason !== undefined) {
          settle({ result: 'unknown', output: `probe plugin ${name}: ${reason}` });
          return;
        }
        lastId += 1;
        const id = lastId;
        let answered = (): void => {};
        pending.set(id, (outcome) => {
          answered();
          release();
          settle(outcome);
        });
        post({ type: 'probe', id, action, target });
        const release = onAbort(signal, () => {
          post({ type: 'abort', id });
          answered = longTimeout(() => {
            reason ??= `an attempt did not end when its time was up (${target.pod}, container ${target.containerName})`;
            void worker.terminate();
          }, abortGraceMs);
        });
      });

    const validate: PluginWorker['validate'] = (action) =>
      new Promise((settle) => {
        if (reason !== undefined) {
          settle(undefined);
          return;
        }
        lastId += 1;
        const id = lastId;
        const answered = longTimeout(() => {
          validating.delete(id);
          settle(`the plugin did not say within ${validateTimeoutMs / 1_000} s whether it takes this`);
        }, validateTimeoutMs);
        validating.set(id, (fault) => {
          answered();
          settle(fault);
        });
        post({ type: 'validate', id, action });
      });

    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'ready':
          loaded();
          resolve({ field: message.field, probe, validate, ended, stop: async () => void (await worker.terminate()) });
          break;
        case 'refused':
          reason = message.message;
          void worker.terminate();
          break;
        case 'validated':
          validating.get(message.id)?.(message.fault);
          validating.delete(message.id);
          break;
        case 'outcome':
          pending.get(message.id)?.(message.outcome);
          pending.delete(message.id);
          break;
      }
    });
  });
