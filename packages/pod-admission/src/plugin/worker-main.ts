import type { MessagePort } from 'node:worker_threads';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { AdmissionRequest } from '../admission.js';
import type { AdmissionPlugin, PluginVerdict } from './admission-plugin.js';

export type ToWorker =
  | { readonly type: 'admit'; readonly id: number; readonly pod: Pod; readonly request: AdmissionRequest }
  | { readonly type: 'abort'; readonly id: number };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'verdict'; readonly id: number; readonly verdict: PluginVerdict };

export interface WorkerInput {
  readonly url: string;
  readonly config: unknown;
  readonly maxAnswerChars: number;
}

/** What runs in a plugin's thread. It is sent there as text, so it may use nothing but its arguments and globals; `load` is `import`. */
const workerMain = (port: MessagePort, load: (url: string) => Promise<{ default?: unknown }>, input: WorkerInput): void => {
  const { url, config, maxAnswerChars } = input;
  const send = (message: FromWorker): void => port.postMessage(message);
  const text = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 1_024);
  const running = new Map<number, AbortController>();

  const verdictOf = (answer: unknown): PluginVerdict => {
    if (answer === undefined) return { type: 'admitted' };
    const shown = JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? String(value) : value)) ?? typeof answer;
    if (shown.length > maxAnswerChars) return { type: 'failed', message: `it answered more than ${maxAnswerChars} characters` };
    const { reject, field, metadata, spec } = (answer ?? {}) as Record<string, unknown>;
    if (typeof reject === 'string') {
      return { type: 'rejected', message: reject.slice(0, 1_024), ...(typeof field === 'string' && { field: field.slice(0, 256) }) };
    }
    const isPod = [metadata, spec].every((part) => typeof part === 'object' && part !== null && !Array.isArray(part));
    if (!isPod) return { type: 'failed', message: `it answered no Pod and no { reject }: ${shown.slice(0, 200)}` };
    return { type: 'admitted', pod: structuredClone(answer) as Pod };
  };

  const admit = async (plugin: AdmissionPlugin, { id, pod, request }: ToWorker & { type: 'admit' }): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    let verdict: PluginVerdict;
    try {
      verdict = verdictOf(await plugin.admit(pod, { request, config, signal: controller.signal }));
    } catch (error) {
      verdict = { type: 'failed', message: text(error) };
    }
    running.delete(id);
    send({ type: 'verdict', id, verdict });
  };

  load(url).then(
    (module) => {
      const plugin = module.default as AdmissionPlugin | undefined;
      if (typeof plugin?.admit !== 'function') {
        send({ type: 'refused', message: 'its default export is no admission plugin ({ admit })' });
        return;
      }
      port.on('message', (message: ToWorker) => {
        if (message.type === 'abort') running.get(message.id)?.abort();
        else void admit(plugin, message);
      });
      send({ type: 'ready' });
    },
    (error: unknown) => send({ type: 'refused', message: text(error) }),
  );
};

/** The script of a plugin's thread; its `WorkerInput` comes as `workerData`. */
export const workerScript = `const { parentPort, workerData } = require('node:worker_threads');
(${workerMain.toString()})(parentPort, (url) => import(url), workerData);`;
