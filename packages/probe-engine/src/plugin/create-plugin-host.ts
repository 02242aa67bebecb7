import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { checkDuration, delay } from '@solo-kubelet/timers';
import { nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { CUSTOM_PROBE_PREFIX, type CustomProbeIssue, customProbes } from '../core/custom-probes.js';
import type { ProbeHandler, ProbeOutcome } from '../probe-handler.js';
import { probeTiming } from '../probe-target.js';
import { type PluginWorker, type PluginWorkerOptions, startPluginWorker } from './plugin-worker.js';
import { pluginTarget } from './probe-plugin.js';

export interface PluginHostOptions {
  /** Package names, or absolute paths or file URLs of modules. */
  readonly packages: readonly string[];
  /** Directory that package names are looked up from. */
  readonly resolveFrom: string;
  /** Memory of each plugin's thread, MiB. 64. */
  readonly maxMemoryMb?: number;
  /** How long loading a plugin may take, ms. 10 s. */
  readonly loadTimeoutMs?: number;
  /** How long a plugin may take to say whether it takes an action, ms. 10 s. */
  readonly validateTimeoutMs?: number;
  /** How long a plugin may take to answer after its attempt was aborted, ms; its thread is replaced then. 400. */
  readonly abortGraceMs?: number;
  /** First delay before a plugin that crashed is started again, ms; doubles up to a minute, and starts again after a minute without a crash. 1 s. */
  readonly restartDelayMs?: number;
  readonly logger?: Logger;
}

export interface PluginFailure {
  readonly package: string;
  readonly message: string;
}

export interface PluginHost extends AsyncDisposable {
  /** One per plugin, for `runProbes`. */
  readonly handlers: readonly ProbeHandler[];
  /**
   * Asks the plugins whether they take what a Pod's annotations give them; the annotations that they do not take. Those of kinds that no plugin serves,
   * and those that are wrong in themselves (`customProbes`), are not among them.
   */
  refusedProbes(pod: Pod): Promise<readonly CustomProbeIssue[]>;
  /** Plugins that could not be loaded; probes of their kinds are `unknown`. */
  readonly failures: readonly PluginFailure[];
}

const MAX_RESTART_DELAY_MS = 60_000;

/**
 * Loads plugins, each into a thread of its own. A crash, a hang or a leak costs that plugin its thread and its attempts an `unknown`; it is
 * started again with a growing delay. Nothing of it reaches the caller's thread but outcomes.
 */
export const createPluginHost = async (options: PluginHostOptions): Promise<PluginHost> => {
  const started = await Promise.all(options.packages.map((name) => startPlugin(name, options)));
  const plugins: Plugin[] = [];
  const failures: PluginFailure[] = [];
  for (const [index, result] of started.entries()) {
    const name = options.packages[index] ?? '';
    if ('message' in result) failures.push({ package: name, message: result.message });
    else if (plugins.some(({ handler }) => handler.field === result.handler.field)) {
      await result.stop();
      failures.push({ package: name, message: `another plugin serves probes of kind ${result.handler.field} already` });
    } else plugins.push(result);
  }
  return {
    handlers: plugins.map(({ handler }) => handler),
    failures,
    refusedProbes: async (pod) => {
      const found = await Promise.all(
        customProbes(pod).probes.map(async ({ containerName, kind, custom }): Promise<readonly CustomProbeIssue[]> => {
          const message = await plugins.find(({ handler }) => handler.field === custom.field)?.validate(custom.action);
          return message === undefined ? [] : [{ annotation: `${CUSTOM_PROBE_PREFIX}${containerName}.${kind}`, message }];
        }),
      );
      return found.flat();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(plugins.map(({ stop }) => stop()));
    },
  };
};

interface Plugin {
  readonly handler: ProbeHandler;
  validate(action: unknown): Promise<string | undefined>;
  stop(): Promise<void>;
}

const startPlugin = async (name: string, options: PluginHostOptions): Promise<Plugin | { readonly message: string }> => {
  const { maxMemoryMb = 64, logger = silentLogger } = options;
  const loadTimeoutMs = checkDuration('loadTimeoutMs', options.loadTimeoutMs, 10_000);
  const validateTimeoutMs = checkDuration('validateTimeoutMs', options.validateTimeoutMs, 10_000);
  const abortGraceMs = checkDuration('abortGraceMs', options.abortGraceMs, 400);
  const restartDelayMs = checkDuration('restartDelayMs', options.restartDelayMs, 1_000);
  let workerOptions: PluginWorkerOptions;
  let current: PluginWorker | undefined;
  try {
    const resourceLimits = { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };
    workerOptions = {
      name,
      url: resolveModule(name, options.resolveFrom),
      resourceLimits,
      loadTimeoutMs,
      validateTimeoutMs,
      abortGraceMs,
      logger,
    };
    current = await startPluginWorker(workerOptions);
  } catch (error) {
    return { message: describeError(error) };
  }
  const { field } = current;
  const stopping = new AbortController();
  let downBecause = '';

  const keepAlive = async (): Promise<void> => {
    const backoff = { initialMs: restartDelayMs, maxMs: MAX_RESTART_DELAY_MS };
    let delayMs = 0;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      downBecause = current === undefined ? downBecause : await current.ended;
      current = undefined;
      if (stopping.signal.aborted) return;
      delayMs = nextBackoffMs(backoff, performance.now() - startedAt > MAX_RESTART_DELAY_MS ? 0 : delayMs);
      logger.warn({ plugin: name, err: downBecause, delayMs }, 'Probe plugin ended; starting it again');
      await pause(delayMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        current = await startPluginWorker(workerOptions);
      } catch (error) {
        downBecause = describeError(error);
      }
    }
    await current?.stop();
  };
  const alive = keepAlive();

  const handler: ProbeHandler = {
    field,
    probe: async (action, target, { signal }): Promise<ProbeOutcome> => {
      if (current === undefined) return { result: 'unknown', output: `probe plugin ${name} is being restarted: ${downBecause}` };
      return current.probe(action, pluginTarget(target, probeTiming(target.probe).timeoutMs), signal);
    },
  };
  return {
    handler,
    validate: async (action) => current?.validate(action),
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await alive;
    },
  };
};

const resolveModule = (name: string, resolveFrom: string): string => {
  if (name.startsWith('file:')) return name;
  if (isAbsolute(name)) return pathToFileURL(name).href;
  return pathToFileURL(createRequire(join(resolveFrom, 'package.json')).resolve(name)).href;
};

/** Resolves after a time, or at once when nobody waits any more. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);
