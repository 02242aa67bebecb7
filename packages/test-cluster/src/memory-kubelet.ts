import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiServer, NodeAnswer, ObjectStore } from '@solo-kubelet/api-server';
import type { ContainerScripts, ExecScript } from '@solo-kubelet/cri-client/testing';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { runKubelet } from '@solo-kubelet/kubelet';
import {
  endsByItself,
  memoryConfiguration,
  simulatedEnvironment,
  simulatedProbes,
  startMemoryRuntime,
  upFlags,
} from '@solo-kubelet/standalone-node';

export interface MemoryKubeletOptions {
  readonly nodeName: string;
  readonly store: ObjectStore;
  /** How containers live, and what they write. Default: those that are meant to end do so at once and well, all others run until they are stopped. */
  readonly containers?: ContainerScripts;
  /** Answers commands of lifecycle hooks. Default: every command succeeds in silence. */
  readonly exec?: ExecScript;
  /** What the kubelet and the controllers have to say. Default: nowhere. */
  readonly logger?: Logger;
}

export interface MemoryKubelet extends AsyncDisposable {
  /** Where volumes lie. */
  readonly volumes: string;
  /** Hands a request for the node, such as one for a log, to the kubelet. */
  answer(answer: NodeAnswer, message: IncomingMessage, response: ServerResponse): void;
  /** Becomes a node of the server. Rejects if the kubelet ends before it is told to. */
  join(server: Pick<ApiServer, 'url' | 'caPem'>, token: string): Promise<never>;
  /** Ends the kubelet; resolves once it has ended. */
  leave(): Promise<void>;
}

/** How long what is meant to end runs, ms. */
const WORK_MS = 50;

const kubeconfigOf = ({ url, caPem }: Pick<ApiServer, 'url' | 'caPem'>, nodeName: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name: nodeName, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: nodeName } }],
  });

/** A kubelet over a container runtime in memory, with directories of its own that go with it. It runs once it has joined a server. */
export const startMemoryKubelet = async (options: MemoryKubeletOptions): Promise<MemoryKubelet> => {
  const { nodeName, store, containers, exec, logger = silentLogger } = options;
  const script: ContainerScripts = (subject) => {
    const pod = store.get('pods', `${subject.namespace}/${subject.podName}`);
    return { ...(endsByItself(pod?.spec, subject.containerName) && { runsForMs: WORK_MS }), ...containers?.(subject) };
  };
  // Every image is there, under its own name.
  const node = await startMemoryRuntime({
    registry: (reference) => ({ tags: [reference] }),
    containers: script,
    ...(exec && { exec }),
  });
  const directory = await mkdtemp(join(tmpdir(), 'solo-cluster-'));
  const [manifests, volumes, kubeconfig] = [join(directory, 'manifests'), join(directory, 'volumes'), join(directory, 'kubeconfig')];
  for (const path of [manifests, volumes]) await mkdir(path);
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    volumes,
    answer: (answer, message, response) => askNode(node.apiSocket, answer, message, response),
    join: async (server, token) => {
      await writeFile(kubeconfig, kubeconfigOf(server, nodeName, token), { mode: 0o600 });
      const flags = upFlags(node);
      running = runKubelet({
        config: memoryConfiguration(node, node.endpoint, manifests),
        flags: { ...flags, hostnameOverride: nodeName, kubeconfig },
        logger,
        signal: ending.signal,
        probes: simulatedProbes,
        environment: simulatedEnvironment,
      });
      await running;
      if (ending.signal.aborted) return new Promise<never>(() => {});
      throw new Error('the kubelet has ended');
    },
    leave: async () => {
      ending.abort('the test cluster ends');
      await running.catch(() => {});
    },
    [Symbol.asyncDispose]: async () => {
      await node[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
};

/** Asks the kubelet over its own socket; a log that is followed goes on until its client goes. */
const askNode = (socketPath: string, { target }: NodeAnswer, message: IncomingMessage, response: ServerResponse): void => {
  const asked = request({ socketPath, path: target, method: message.method ?? 'GET' }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, {
      ...(answered.headers['content-type'] !== undefined && { 'Content-Type': answered.headers['content-type'] }),
    });
    answered.pipe(response);
  });
  asked.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'Content-Type': 'text/plain' }).end(`the node does not answer: ${error.message}\n`);
  });
  response.on('close', () => asked.destroy());
  asked.end();
};
