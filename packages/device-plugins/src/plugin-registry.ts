import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { describeError, type Logger, socketPathFault } from '@solo-kubelet/diagnostics';
import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import type { Clock } from './clock.js';
import { registrationFault } from './core/registration.js';
import { type PluginInfo, RegistrationClient } from './gen/plugin-registration.js';
import type { PluginEndpoints } from './plugin-endpoints.js';
import { callUnary } from './rpc/call-unary.js';

export interface PluginRegistryOptions {
  /** `<root>/plugins_registry`; made when it is missing. */
  readonly directory: string;
  readonly endpoints: Pick<PluginEndpoints, 'connect' | 'disconnect'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A socket that was found. */
interface Found {
  /** Tells a socket from another that was later made on the same path. */
  readonly identity: string;
  registered: { readonly resourceName: string; readonly endpoint: string } | undefined;
  cancelRetry: () => void;
}

// pkg/kubelet/pluginmanager/operationexecutor, pkg/util/goroutinemap/exponentialbackoff
const CONNECT_MS = 10_000;
const GET_INFO_MS = 1_000;
const NOTIFY_MS = 5_000;
const BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: 122_000 };

/** Sockets at this depth below the directory still count. */
const MAX_DEPTH = 3;

/** Registers the device plugins that put a socket into a directory, and lets go of those that take it away. Idle while nothing changes there. */
export const watchPluginRegistry = async (options: PluginRegistryOptions): Promise<AsyncDisposable> => {
  const { directory, endpoints, clock, logger } = options;
  const found = new Map<string, Found>();
  const watchers = new Map<string, FSWatcher>();
  let closed = false;
  let scanning: Promise<void> | undefined;
  let again = false;

  const register = async (path: string, plugin: Found, retryMs = nextBackoffMs(BACKOFF)): Promise<void> => {
    try {
      plugin.registered = await introduce(path, endpoints);
      if (found.get(path) !== plugin) endpoints.disconnect(plugin.registered.resourceName, plugin.registered.endpoint);
    } catch (error) {
      if (closed || found.get(path) !== plugin) return;
      const hopeless = error instanceof NotForUs;
      logger.warn(
        { path, err: describeError(error), ...(hopeless ? {} : { durationMs: retryMs }) },
        'Cannot register the plugin on this socket',
      );
      if (hopeless) return;
      plugin.cancelRetry = clock.after(retryMs, () => void register(path, plugin, nextBackoffMs(BACKOFF, retryMs)));
    }
  };

  const forget = (path: string, { cancelRetry, registered }: Found): void => {
    found.delete(path);
    cancelRetry();
    if (registered !== undefined) endpoints.disconnect(registered.resourceName, registered.endpoint);
  };

  const scan = async (): Promise<void> => {
    const { sockets, directories } = await listSockets(directory);
    if (closed) return;
    for (const [path, plugin] of found) if (sockets.get(path) !== plugin.identity) forget(path, plugin);
    for (const [path, identity] of sockets) {
      if (found.has(path)) continue;
      const plugin: Found = { identity, registered: undefined, cancelRetry: () => {} };
      found.set(path, plugin);
      void register(path, plugin);
    }
    for (const [path, watcher] of watchers) {
      if (directories.has(path)) continue;
      watcher.close();
      watchers.delete(path);
    }
    for (const path of directories) if (!watchers.has(path)) follow(path);
  };

  /** One look at a time; what happens during one is seen by the next. */
  const look = (): void => {
    again = true;
    scanning ??= (async () => {
      while (again && !closed) {
        again = false;
        await scan().catch((error: unknown) => logger.warn({ path: directory, err: describeError(error) }, 'Cannot look for plugins'));
      }
      scanning = undefined;
    })();
  };

  const follow = (path: string): void => {
    try {
      const watcher = watch(path, { persistent: false }, look);
      watcher.on('error', () => {}); // gone: its parent tells
      watchers.set(path, watcher);
      look(); // what came before the watch began
    } catch (error) {
      logger.warn({ path, err: describeError(error) }, 'Cannot watch for plugins');
    }
  };

  await mkdir(directory, { recursive: true, mode: 0o750 });
  follow(directory);
  return {
    [Symbol.asyncDispose]: async () => {
      closed = true;
      for (const watcher of watchers.values()) watcher.close();
      for (const { cancelRetry } of found.values()) cancelRetry();
      await scanning;
    },
  };
};

/** Every socket below the directory with what tells it from a later one; names that begin with a dot are left out. */
const listSockets = async (
  root: string,
): Promise<{ readonly sockets: ReadonlyMap<string, string>; readonly directories: ReadonlySet<string> }> => {
  const sockets = new Map<string, string>();
  const directories = new Set<string>();
  const walk = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true });
    directories.add(directory);
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < MAX_DEPTH) await walk(path, depth + 1).catch(() => {});
      const facts = entry.isSocket() ? await stat(path).catch(() => undefined) : undefined;
      if (facts !== undefined) sockets.set(path, `${facts.ino} ${facts.ctimeMs}`);
    }
  };
  await walk(root, 0);
  return { sockets, directories };
};

/** Not a device plugin, or one that will say the same when asked again. */
class NotForUs extends Error {}

/** Asks the plugin on a socket who it is, connects to it, and tells it what came of that. */
const introduce = async (
  path: string,
  endpoints: Pick<PluginEndpoints, 'connect'>,
): Promise<{ readonly resourceName: string; readonly endpoint: string }> => {
  const tooLong = socketPathFault(path, 'connect');
  if (tooLong !== undefined) throw new NotForUs(tooLong.message);
  const client = new RegistrationClient(`unix:${path}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  });
  const notify = (error: string): Promise<unknown> =>
    callUnary(client.notifyRegistrationStatus.bind(client), { pluginRegistered: error === '', error }, { timeoutMs: NOTIFY_MS });
  const refuse = async (error: string): Promise<never> => {
    await notify(`RegisterPlugin error -- ${error}`).catch(() => {});
    throw new NotForUs(error);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + CONNECT_MS, (error) => (error === undefined ? resolve() : reject(error)));
    });
    const info: PluginInfo = await callUnary(client.getInfo.bind(client), {}, { timeoutMs: GET_INFO_MS });
    if (info.type !== 'DevicePlugin') return await refuse(`no handler registered for plugin type: ${info.type} at socket ${path}`);
    const fault = registrationFault(info.name, info.supportedVersions);
    if (fault !== undefined) return await refuse(`plugin validation failed with err: ${fault}`);
    const endpoint = info.endpoint === '' ? path : info.endpoint;
    try {
      await endpoints.connect(info.name, endpoint);
    } catch (error) {
      await notify(`RegisterPlugin error -- plugin registration failed with err: ${describeError(error)}`).catch(() => {});
      throw error;
    }
    await notify('');
    return { resourceName: info.name, endpoint };
  } finally {
    client.close();
  }
};
