import type { MessagePort } from 'node:worker_threads';
import type { ProbeOutcome } from '../probe-handler.js';
import type { PluginTarget, ProbePlugin } from './probe-plugin.js';

export type ToWorker =
  | { readonly type: 'probe'; readonly id: number; readonly action: unknown; readonly target: PluginTarget }
  | { readonly type: 'validate'; readonly id: number; readonly action: unknown }
  | { readonly type: 'abort'; readonly id: number };

export type FromWorker =
  | { readonly type: 'ready'; readonly field: string }
  | { readonly type: 'refused'; readonly message: string }
  /** `fault`: why the plugin does not take the action; none when it does. */
  | { readonly type: 'validated'; readonly id: number; readonly fault?: string }
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: ProbeOutcome };

/**
 * What runs in a plugin's thread. It is sent there as text, so it may use nothing but its arguments and globals; `load` is `import`.
 */
const workerMain = (port: MessagePort, load: (url: string) => Promise<{ default?: unknown }>, url: string): void => {
  const send = (message: FromWorker): void => port.postMessage(message);
  const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const running = new Map<number, AbortController>();
  const results = ['success', 'warning', 'failure', 'unknown'];

  const probe = async (plugin: ProbePlugin, { id, action, target }: ToWorker & { type: 'probe' }): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    let outcome: ProbeOutcome;
    try {
      const answer = await plugin.probe(plugin.validate(action), target, { signal: controller.signal });
      outcome = results.includes(answer?.result)
        ? { result: answer.result, output: String(answer.output ?? '').slice(0, 10_240) }
        : { result: 'unknown', output: `the plugin answered ${JSON.stringify(answer)?.slice(0, 200)}` };
    } catch (error) {
      outcome = controller.signal.aborted ? { result: 'failure', output: 'timed out' } : { result: 'unknown', output: text(error) };
    }
    running.delete(id);
    send({ type: 'outcome', id, outcome });
  };

  const validate = (plugin: ProbePlugin, { id, action }: ToWorker & { type: 'validate' }): void => {
    try {
      plugin.validate(action);
      send({ type: 'validated', id });
    } catch (error) {
      send({ type: 'validated', id, fault: text(error).slice(0, 1_024) });
    }
  };

  load(url).then(
    (module) => {
      const plugin = module.default as ProbePlugin | undefined;
      if (typeof plugin?.field !== 'string' || typeof plugin.validate !== 'function' || typeof plugin.probe !== 'function') {
        send({ type: 'refused', message: 'its default export is no probe plugin ({ field, validate, probe })' });
        return;
      }
      port.on('message', (message: ToWorker) => {
        if (message.type === 'abort') running.get(message.id)?.abort();
        else if (message.type === 'validate') validate(plugin, message);
        else void probe(plugin, message);
      });
      send({ type: 'ready', field: plugin.field });
    },
    (error: unknown) => send({ type: 'refused', message: text(error) }),
  );
};

/** The script of a plugin's thread; the URL of the plugin comes as `workerData`. */
export const workerScript = `const { parentPort, workerData } = require('node:worker_threads');
(${workerMain.toString()})(parentPort, (url) => import(url), workerData);`;
