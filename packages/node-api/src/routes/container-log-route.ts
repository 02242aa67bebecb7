import { once } from 'node:events';
import type { CriClient } from '@solo-kubelet/cri-client';
import { isContainerRunning, type ReadContainerLogOptions, readContainerLog } from '@solo-kubelet/cri-client/logs';
import type { ContainerStatus, Pod } from '@solo-kubelet/pod-spec';
import type { NodeView } from '../node-view.js';
import { HttpError } from '../server/http-error.js';
import type { Route } from '../server/route.js';
import { findLoggedContainer, findPod } from './find-container.js';
import { untilEndsAreRecorded } from './recorded-ends.js';
import { parseRfc3339 } from './rfc3339.js';

const INVALID = new HttpError(422, '{"message": "Invalid request."}', { 'Content-Type': 'application/json' });
/** GET /containerLogs/{namespace}/{pod}/{container}, parameters as PodLogOptions (pkg/kubelet/server/server.go getContainerLogs). */
export const containerLogRoute = (view: NodeView, cri: CriClient, nowMs: () => number): Route => ({
  methods: ['GET'],
  path: '/containerLogs/:namespace/:pod/:container',
  role: 'read',
  debugging: true,
  handle: async ({ response, params, query, signal }) => {
    const { namespace = '', pod: podName = '', container = '' } = params;
    const format = logOptions(query, nowMs());
    const pod = findPod(view, { namespace, pod: podName });
    if (!containerNames(pod).includes(container)) throw new HttpError(404, `container "${container}" not found in pod "${podName}"\n`);
    const previous = flag(query, 'previous');
    await untilEndsAreRecorded(cri, pod, container, { signal });
    const lastEnded = statusOf(pod, container)?.lastState?.terminated?.containerID?.replace(/^[^:]*:\/\//, '');
    const logged = { namespace, pod: podName, uid: pod.metadata?.uid ?? '', container, previous, lastEnded };
    const found = await findLoggedContainer(cri, logged, signal);
    if (!found) throw new HttpError(400, `${whyNoLog(pod, container, previous)}\n`);
    const { status } = await cri.runtime.containerStatus({ containerId: found.id, verbose: false }, { signal });
    const isRunning = (): Promise<boolean> => isContainerRunning(cri, found.id, { signal });
    const log = readContainerLog({ ...format, path: status?.logPath ?? '', isRunning, signal });
    let started = false;
    const start = (): void => {
      if (started) return;
      started = true;
      response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' });
      response.flushHeaders();
    };
    if (format.follow) start();
    try {
      for await (const chunk of log) {
        start();
        if (!response.write(chunk)) await once(response, 'drain', { signal });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (!started) throw new HttpError(404, `no log of container "${container}" in pod "${podName}"\n`);
    }
    start();
    response.end();
  },
});

const containerNames = ({ spec }: Pod): readonly string[] =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(({ name }) => name ?? '');

const whyNoLog = (pod: Pod, container: string, previous: boolean): string => {
  const name = pod.metadata?.name;
  if (previous) return `previous terminated container "${container}" in pod "${name}" not found`;
  const status = statusOf(pod, container);
  if (status === undefined) return `container "${container}" in pod "${name}" is not available`;
  const { waiting } = status.state ?? {};
  if (waiting === undefined || status.lastState?.terminated !== undefined) return `container "${container}" in pod "${name}" is terminated`;
  const { reason = '' } = waiting;
  return `container "${container}" in pod "${name}" is waiting to start: ${waitsFor[reason] ?? reason}`;
};

/** Upstream's words for the most common reasons (validateContainerLogStatus). */
const waitsFor: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

const statusOf = ({ status }: Pod, container: string): ContainerStatus | undefined => {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container);
};

/** @throws HttpError 400 when a parameter cannot be read, 422 when it can but makes no sense */
const logOptions = (query: URLSearchParams, nowMs: number): Omit<ReadContainerLogOptions, 'path' | 'signal'> => {
  const legacyTail = query.get('tail') || undefined;
  const tailLines = legacyTail === 'all' ? undefined : integer(query, legacyTail === undefined ? 'tailLines' : 'tail');
  const sinceSeconds = integer(query, 'sinceSeconds');
  const limitBytes = integer(query, 'limitBytes');
  const sinceTime = query.get('sinceTime');
  const streamName = query.get('stream') ?? 'All';
  const sinceTimeMs = sinceTime === null ? undefined : parseRfc3339(sinceTime);
  if (sinceTime !== null && sinceTimeMs === undefined) throw new HttpError(400, '{"message": "Unable to decode query."}');
  const isInvalid =
    (tailLines !== undefined && tailLines < 0) ||
    (sinceSeconds !== undefined && sinceSeconds < 1) ||
    (limitBytes !== undefined && limitBytes < 1) ||
    (sinceSeconds !== undefined && sinceTime !== null) ||
    !['All', 'Stdout', 'Stderr'].includes(streamName) ||
    (streamName !== 'All' && tailLines !== undefined);
  if (isInvalid) throw INVALID;
  const sinceMs = sinceTimeMs !== undefined ? sinceTimeMs : sinceSeconds !== undefined ? nowMs - sinceSeconds * 1_000 : undefined;
  return {
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(streamName === 'All' ? {} : { stream: streamName === 'Stdout' ? ('stdout' as const) : ('stderr' as const) }),
  };
};

/** Anything but `0` and `false` is a yes (apimachinery Convert_Slice_string_To_bool). */
const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
};

const integer = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new HttpError(400, '{"message": "Unable to decode query."}');
  return Number(text);
};
