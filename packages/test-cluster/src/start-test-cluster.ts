import { randomUUID } from 'node:crypto';
import { type ApiServer, type ApiServerOptions, createMemoryStore, startApiServer } from '@solo-kubelet/api-server';
import { describeError } from '@solo-kubelet/diagnostics';
import { checkDuration, longTimeout } from '@solo-kubelet/timers';
import { claimController } from './controllers/claims.js';
import { garbageCollector } from './controllers/collect-garbage.js';
import { daemonSetController } from './controllers/daemon-sets.js';
import { deploymentController } from './controllers/deployments.js';
import { endpointSliceController } from './controllers/endpoint-slices.js';
import { cronJobController, jobController } from './controllers/jobs.js';
import { namespaceController } from './controllers/namespaces.js';
import { runControllers } from './controllers/run-controllers.js';
import { scheduler } from './controllers/schedule-pods.js';
import { statefulSetController } from './controllers/stateful-sets.js';
import { type MemoryKubeletOptions, startMemoryKubelet } from './memory-kubelet.js';

export interface TestClusterOptions
  extends Omit<ApiServerOptions, 'node' | 'now'>,
    Pick<MemoryKubeletOptions, 'containers' | 'exec' | 'logger'> {
  /** Default `memory`. */
  readonly nodeName?: string;
  /** How long the node may take to be ready, ms. Default 60 s. */
  readonly readyTimeoutMs?: number;
}

export interface TestCluster extends ApiServer {
  readonly nodeName: string;
}

const DEFAULT_READY_TIMEOUT_MS = 60_000;

const isReady = (node: ReturnType<TestCluster['store']['get']>): boolean =>
  ((node?.status?.['conditions'] ?? []) as readonly { readonly type: string; readonly status: string }[]).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );

/** Waits until the node says that it is ready. @throws what `failed` rejects with, and an Error once the time is over */
const untilReady = async ({ store }: ApiServer, nodeName: string, timeoutMs: number, failed: Promise<never>): Promise<void> => {
  let stop = (): void => {};
  let cancel = (): void => {};
  try {
    await Promise.race([
      failed,
      new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (isReady(store.get('nodes', nodeName))) resolve();
        };
        stop = store.subscribe('nodes', look);
        cancel = longTimeout(() => reject(new Error(`the node ${nodeName} was not ready within ${timeoutMs} ms`)), timeoutMs);
        look();
      }),
    ]);
  } finally {
    stop();
    cancel();
  }
};

/**
 * Starts an API server with what acts on its objects: controllers, a scheduler, and a kubelet whose runtime is in memory, so that workloads get Pods that
 * run. The promise is fulfilled once the node is ready. Several may run in one process.
 * @throws Error as `startApiServer`, and where the node does not become ready; RangeError for a time limit that is none
 */
export const startTestCluster = async (options: TestClusterOptions = {}): Promise<TestCluster> => {
  const { nodeName = 'memory' } = options;
  const readyTimeoutMs = checkDuration('readyTimeoutMs', options.readyTimeoutMs, DEFAULT_READY_TIMEOUT_MS);
  const ends: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= endAll(ends);
    return closing;
  };
  try {
    const { server, failed } = await startParts(options, nodeName, (end) => ends.push(end));
    await untilReady(server, nodeName, readyTimeoutMs, failed);
    return { ...server, nodeName, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** The last that began ends first. */
const endAll = async (ends: readonly (() => Promise<void> | void)[]): Promise<void> => {
  for (const end of ends.toReversed()) await end();
};

/** Starts the parts; `atEnd` takes what ends each, the last first. */
const startParts = async (
  { containers, exec, logger, readyTimeoutMs: _readyTimeoutMs, nodeName: _nodeName, ...serverOptions }: TestClusterOptions,
  nodeName: string,
  atEnd: (end: () => Promise<void> | void) => void,
): Promise<{ readonly server: ApiServer; readonly failed: Promise<never> }> => {
  const store = serverOptions.store ?? createMemoryStore();
  const kubelet = await startMemoryKubelet({
    ...{ nodeName, store },
    ...(containers && { containers }),
    ...(exec && { exec }),
    ...(logger && { logger }),
  });
  atEnd(async () => {
    await kubelet[Symbol.asyncDispose]();
  });
  const users = new Map(serverOptions.users ?? [[randomUUID(), { username: 'admin', uid: 'admin', groups: ['system:masters'] }]]);
  const token = randomUUID();
  // What it may do is not what is tested: the roles of a test need not know of it.
  users.set(token, { username: `system:node:${nodeName}`, uid: nodeName, groups: ['system:nodes', 'system:masters'] });
  const server = await startApiServer({ ...serverOptions, store, users, node: { name: nodeName, answer: kubelet.answer } });
  atEnd(() => server.close());
  const stopControllers = runControllers({
    ...{ core: server.core, store, now: Date.now },
    controllers: [
      namespaceController(server.caPem),
      garbageCollector(),
      deploymentController(),
      statefulSetController(),
      daemonSetController(nodeName),
      jobController(),
      cronJobController(),
      scheduler(nodeName),
      endpointSliceController(nodeName),
      claimController(kubelet.volumes),
    ],
    onTrouble: (key, error) => logger?.warn({ key, err: describeError(error) }, 'Cannot be done yet'),
  });
  atEnd(stopControllers);
  const failed = kubelet.join(server, token);
  // Whoever waits for the node is told; after that nobody is left to tell.
  failed.catch((error: unknown) => logger?.warn({ err: describeError(error) }, 'The kubelet of the test cluster has ended'));
  atEnd(() => kubelet.leave());
  return { server, failed };
};
