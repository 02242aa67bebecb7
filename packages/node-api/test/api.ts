import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import {
  createKubeletMetrics,
  createNodeApi,
  type NodeApi,
  type NodeApiOptions,
  type NodeView,
  type Watchable,
  type WatchEvent,
} from '../src/index.js';

/** A list that the test changes by hand. */
export const watchable = <T extends object>(items: readonly T[] = []): Watchable<T> & { emit(event: WatchEvent<T>): void } => {
  const listeners = new Set<(event: WatchEvent<T>) => void>();
  return {
    list: () => items,
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    async *watch({ signal }) {
      const queue: WatchEvent<T>[] = [];
      let wake = (): void => {};
      const listener = (event: WatchEvent<T>): void => {
        queue.push(event);
        wake();
      };
      listeners.add(listener);
      signal.addEventListener('abort', () => wake());
      try {
        while (!signal.aborted) {
          const next = queue.shift();
          if (next) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(listener);
      }
    },
  };
};

export const pod = (name: string, uid = `uid-${name}`): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid },
    spec: { containers: [{ name: 'app', image: 'app:1' }] },
    status: {},
  }) as Pod;

export const fakeView = (view: Partial<NodeView> = {}): NodeView => ({
  nodeName: 'node1',
  pods: watchable<Pod>(),
  events: watchable(),
  manifests: watchable(),
  node: async () => ({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'node1' } }),
  configuration: { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1' },
  healthChecks: [],
  restartPod: () => false,
  podLogsDirectory: '/nonexistent',
  ...view,
});

export interface TestApi extends AsyncDisposable {
  readonly api: NodeApi;
  readonly directory: string;
  readonly cri: CriClient;
}

/** The API on free ports of 127.0.0.1, over a runtime endpoint that may lead nowhere. */
export const startApi = async (options: Partial<NodeApiOptions> & { readonly endpoint?: string } = {}): Promise<TestApi> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-api-'));
  const cri = options.cri ?? createCriClient({ endpoint: options.endpoint ?? `unix://${join(directory, 'no.sock')}` });
  const view = options.view ?? fakeView();
  const metrics = createKubeletMetrics({
    nodeName: view.nodeName,
    counts: () => ({ desiredPods: 1, runningPods: 1, containers: { created: 0, running: 1, exited: 0, unknown: 0 } }),
  });
  const clean = async (): Promise<void> => {
    await cri[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  };
  const api = await createNodeApi({
    view,
    cri,
    metrics,
    address: '127.0.0.1',
    certificate: { certDirectory: join(directory, 'pki'), hostname: 'node1' },
    anonymous: false,
    authorization: 'Roles',
    rootDirectory: directory,
    ...options,
  }).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  return {
    api,
    directory,
    cri,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await clean();
    },
  };
};

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export const ask = (options: RequestOptions & { readonly tls?: boolean }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const send = options.tls ? httpsRequest : httpRequest;
    const request = send({ host: '127.0.0.1', agent: false, rejectUnauthorized: false, ...options } as RequestOptions, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), headers: response.headers }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
