import { hostname } from 'node:os';
import { type Container, type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import { isContainerRunning, newestFirst, readContainerLog } from '@solo-kubelet/cri-client/logs';
import { afterRecovery } from '@solo-kubelet/kubelet/runtime';
import type { Pod } from '@solo-kubelet/pod-spec';
import { delay } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import type { Abortable, ContainerTarget, NodeClient, PodTarget, StreamAddress, WatchEvent } from './node-client.js';
import { newestBy, podOfSandbox } from './runtime-pod.js';
import { hostOf } from './server-endpoint.js';

/** How often a watched list is looked at again, ms. */
const WATCH_PERIOD_MS = 1_000;

/** Answers from the container runtime alone, as crictl does: from labels, without the kubelet. */
export const createRuntimeClient = (endpoint: string): NodeClient => {
  const cri = createCriClient({ endpoint, timeoutMs: 10_000, interceptors: [afterRecovery] });
  const listPods = async ({ signal }: Abortable): Promise<readonly Pod[]> => {
    const [{ items }, { containers }] = await Promise.all([
      cri.runtime.listPodSandbox({}, { signal }),
      cri.runtime.listContainers({}, { signal }),
    ]);
    const newest = [...newestBy(items, (sandbox) => sandbox.metadata?.uid ?? sandbox.id).values()];
    return Promise.all(newest.map((sandbox) => podOfSandbox(cri, sandbox, containers, signal)));
  };
  return {
    speaker: 'runtime',
    listPods,
    watchPods: (options) => watchList(() => listPods(options), options),
    listEvents: () => onlyKubelet('events'),
    watchEvents: () => onlyKubeletStream('events'),
    listManifests: () => onlyKubelet('manifests'),
    watchManifests: () => onlyKubeletStream('manifests'),
    listSources: () => onlyKubelet('sources'),
    watchSources: () => onlyKubeletStream('sources'),
    listObjects: () => onlyKubelet('objects'),
    watchObjects: () => onlyKubeletStream('objects'),
    getSummary: () => onlyKubelet('measurements'),
    getConfiguration: () => onlyKubelet('the configuration'),
    restartPod: () => onlyKubelet('restarts'),
    deletePod: () => onlyKubelet('deletions'),
    commandSource: () => onlyKubelet('sources'),
    getOpenId: () => onlyKubelet('keys of tokens'),
    rotateServiceAccountKey: () => onlyKubelet('keys of tokens'),
    discardClaim: () => onlyKubelet('claims'),
    getNode: (options) => nodeOf(cri, options),
    listImages: async (options) => {
      const { images } = await cri.images.listImages({}, options);
      return images.map(({ id, repoTags, repoDigests, size, pinned }) => ({
        id,
        names: repoTags.length > 0 ? repoTags : repoDigests,
        sizeBytes: Number(size),
        pinned,
      }));
    },
    readLog: (target, query, options) => readLog(cri, target, query, options),
    exec: async (target, flags, options) => {
      const { id } = await findInstance(cri, target, false, options);
      const { command, stdin, stdout, stderr, tty } = flags;
      const { url } = await cri.runtime.exec({ containerId: id, cmd: [...command], stdin, stdout, stderr: stderr && !tty, tty }, options);
      return addressOf(url);
    },
    attach: async (target, { stdin, stdout, stderr, tty }, options) => {
      const { id } = await findInstance(cri, target, false, options);
      const { url } = await cri.runtime.attach({ containerId: id, stdin, stdout, stderr: stderr && !tty, tty }, options);
      return addressOf(url);
    },
    portForward: async (target, port, options) => {
      const podSandboxId = await findSandbox(cri, target, options);
      return addressOf((await cri.runtime.portForward({ podSandboxId, port: [port] }, options)).url);
    },
    [Symbol.asyncDispose]: () => cri[Symbol.asyncDispose](),
  };
};

const refusal = (what: string): Error =>
  new CliError({
    code: 'CLI_NOT_FOUND',
    message: `only a running kubelet knows ${what}, and none answers here`,
    hint: 'Start it with kubelet-cli up or kubelet-cli run, or point --socket or --server at it.',
  });
const onlyKubelet = async (what: string): Promise<never> => {
  throw refusal(what);
};
const onlyKubeletStream = (what: string): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: () => onlyKubelet(what) }) });

/** A list that is looked at every second, as changes. Ends when the signal aborts. */
async function* watchList(list: () => Promise<readonly Pod[]>, { signal }: Abortable): AsyncGenerator<WatchEvent<Pod>> {
  let known = new Map<string, { readonly object: Pod; readonly text: string }>();
  while (!signal.aborted) {
    const next = new Map((await list()).map((object) => [object.metadata.uid ?? '', { object, text: JSON.stringify(object) }] as const));
    for (const [uid, { object, text }] of next) {
      const before = known.get(uid);
      if (before === undefined) yield { type: 'ADDED', object };
      else if (before.text !== text) yield { type: 'MODIFIED', object };
    }
    for (const [uid, { object }] of known) if (!next.has(uid)) yield { type: 'DELETED', object };
    known = next;
    await delay(WATCH_PERIOD_MS, undefined, { signal }).catch(() => undefined);
  }
}

const nodeOf = async (cri: CriClient, options: Abortable): Promise<Readonly<Record<string, unknown>>> => {
  const [version, status] = await Promise.all([cri.runtime.version({}, options), cri.runtime.status({}, options)]);
  const conditions = status.status?.conditions ?? [];
  const troubles = conditions.filter((condition) => !condition.status).map(({ reason, message }) => `${reason}: ${message}`);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: hostname().toLowerCase() },
    status: {
      conditions: [{ type: 'Ready', status: troubles.length === 0 ? 'True' : 'False', message: troubles.join('; ') }],
      nodeInfo: { containerRuntimeVersion: `${version.runtimeName}://${version.runtimeVersion}` },
    },
  };
};

async function* readLog(
  cri: CriClient,
  target: ContainerTarget,
  { previous = false, ...query }: Parameters<NodeClient['readLog']>[1],
  options: Abortable,
): AsyncGenerator<Buffer> {
  const { id } = await findInstance(cri, target, previous, options);
  const { status } = await cri.runtime.containerStatus({ containerId: id }, options);
  const { sinceSeconds, sinceTime, ...format } = query;
  const sinceMs =
    sinceTime === undefined ? (sinceSeconds === undefined ? undefined : Date.now() - sinceSeconds * 1_000) : Date.parse(sinceTime);
  yield* readContainerLog({
    ...format,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    path: status?.logPath ?? '',
    isRunning: () => isContainerRunning(cri, id, options),
    signal: options.signal,
  });
}

const labelsOf = ({ namespace, pod }: PodTarget) => ({ 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.name': pod });

/** The newest instance of a container, or the one before it. */
const findInstance = async (cri: CriClient, target: ContainerTarget, previous: boolean, options: Abortable): Promise<Container> => {
  const labelSelector = { ...labelsOf(target), 'io.kubernetes.container.name': target.container };
  const { containers } = await cri.runtime.listContainers({ filter: { labelSelector } }, options);
  const [newest, before] = newestFirst(containers);
  const found = previous ? before : newest;
  if (found !== undefined) return found;
  const which = previous ? 'previous terminated container' : 'container';
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `${which} ${JSON.stringify(target.container)} in pod ${JSON.stringify(target.pod)} not found`,
  });
};

const findSandbox = async (cri: CriClient, target: PodTarget, options: Abortable): Promise<string> => {
  const { items } = await cri.runtime.listPodSandbox({ filter: { labelSelector: labelsOf(target) } }, options);
  const [newest] = newestFirst(items);
  if (newest !== undefined) return newest.id;
  throw new CliError({ code: 'CLI_NOT_FOUND', message: `pod ${JSON.stringify(target.pod)} not found` });
};

/** The runtime's streaming server, from the URL it gave. */
const addressOf = (text: string): StreamAddress => {
  const url = new URL(text);
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
  return {
    endpoint: { protocol, connection: { host: hostOf(url), port: url.port, rejectUnauthorized: false } },
    path: `${url.pathname}${url.search}`,
  };
};
