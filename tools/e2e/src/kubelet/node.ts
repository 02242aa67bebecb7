import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ContainerStatus as CriContainerStatus } from '@solo-kubelet/cri-client';
import type { EventObject } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';
import {
  type KubeletProcess,
  type StartKubeletOptions,
  startKubelet,
  startTestbed,
  type Testbed,
  type TestbedOptions,
  waitFor,
} from '@solo-kubelet-tools/testbed';
import { stringify } from 'yaml';
import { createDaemonClient } from '../../../../packages/kubelet-cli/src/client/daemon-client.js';
import type { NodeClient } from '../../../../packages/kubelet-cli/src/client/node-client.js';
import { lostContainers, statusTransitionErrors } from '../../../../packages/reconciler/src/testing/status-transition.js';

/** A testbed with a kubelet on it, and what tests do to it. */
export interface TestNode extends AsyncDisposable {
  readonly bed: Testbed;
  readonly api: NodeClient;
  readonly kubelet: () => KubeletProcess;
  /** Ends the kubelet as given and starts it again. */
  restartKubelet(signal?: NodeJS.Signals, whileDown?: () => Promise<void>): Promise<void>;
  /** Puts a manifest in place in one step, as careful people do. */
  drop(file: string, content: object | string): Promise<void>;
  remove(file: string): Promise<void>;
  pods(): Promise<readonly Pod[]>;
  /** The pod of a manifest name, once `reached`. On a time-out the message shows what the pod is instead. */
  pod(name: string, reached: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>;
  gone(name: string, timeoutMs?: number): Promise<void>;
  /** The first event about a pod with that reason, once there is one. */
  event(name: string, reason: string, timeoutMs?: number): Promise<EventObject>;
  /** Running containers in the runtime, by `pod/container`, with their ids. */
  running(): Promise<ReadonlyMap<string, string>>;
  containerStatuses(pod: string): Promise<readonly CriContainerStatus[]>;
  /** The log of a container (`app` unless told) so far; empty while there is none. */
  log(pod: string, container?: string): Promise<string>;
  /** What a shell script prints in a running container (`app` unless told), whatever its status. */
  exec(pod: string, script: string, container?: string): Promise<string>;
}

const NODE = 'node1';
const ABORTABLE = { signal: new AbortController().signal };

export interface StartNodeOptions extends StartKubeletOptions {
  /** What is done to a testbed before its kubelet starts. Default: nothing. */
  readonly prepare?: (bed: Testbed) => Promise<void>;
}

export const startNode = async (
  { prepare = async () => {}, ...options }: StartNodeOptions = {},
  testbed: TestbedOptions = {},
): Promise<TestNode> => {
  const bed = await startTestbed(testbed);
  await prepare(bed).catch(async (error: unknown) => {
    await bed[Symbol.asyncDispose]();
    throw error;
  });
  const socketPath = join(bed.directory, 'kubelet.sock');
  const start = (): Promise<KubeletProcess> =>
    startKubelet(bed, { ...options, nodeName: NODE, flags: [...(options.flags ?? []), '--api-socket', socketPath] });
  let kubelet = await start();
  const api = createDaemonClient({ protocol: 'http:', connection: { socketPath } });
  const serves = waitFor(async () => (await api.listPods(ABORTABLE)) !== undefined, { what: 'a kubelet that serves', timeoutMs: 120_000 });
  try {
    if (!(await Promise.race([serves, kubelet.ended.then(() => false)]))) throw new Error('the kubelet ended');
  } catch (cause) {
    await kubelet[Symbol.asyncDispose]();
    await bed[Symbol.asyncDispose]();
    throw new Error(`no kubelet serves:\n${kubelet.log()}`, { cause });
  }
  const transitions = watchTransitions();
  const pods = async (): Promise<readonly Pod[]> => {
    const all = await api.listPods(ABORTABLE).catch((): readonly Pod[] => []);
    transitions.see(all);
    return all;
  };
  const find = async (name: string): Promise<Pod | undefined> => (await pods()).find(({ metadata }) => metadata.name === `${name}-${NODE}`);
  const running = async (): Promise<ReadonlyMap<string, string>> => {
    const { containers } = await bed.cri.runtime.listContainers({ filter: { state: { state: 1 } } });
    return new Map(
      containers.map(({ id, labels }) => [
        `${labels['io.kubernetes.pod.name']?.replace(`-${NODE}`, '')}/${labels['io.kubernetes.container.name']}`,
        id,
      ]),
    );
  };
  return {
    bed,
    api,
    kubelet: () => kubelet,
    restartKubelet: async (signal = 'SIGTERM', whileDown = async () => {}) => {
      await kubelet.end(signal);
      await whileDown();
      kubelet = await start();
    },
    drop: async (file, content) => {
      const temporary = join(bed.directory, `.${basename(file)}`);
      await writeFile(temporary, typeof content === 'string' ? content : stringify(content));
      await rename(temporary, join(bed.manifestDirectory, file));
    },
    remove: (file) => rm(join(bed.manifestDirectory, file)),
    pods,
    pod: async (name, reached, timeoutMs = 60_000) => {
      let last: Pod | undefined;
      try {
        return await waitFor(
          async () => {
            last = await find(name);
            return last && reached(last) ? last : undefined;
          },
          { what: `pod ${name}`, timeoutMs },
        );
      } catch (error) {
        throw new Error(`pod ${name} is ${JSON.stringify(last?.status ?? 'not there')}\nkubelet log:\n${kubelet.log().slice(-6_000)}`, {
          cause: error,
        });
      }
    },
    gone: async (name, timeoutMs = 60_000) => {
      await waitFor(async () => ((await find(name)) === undefined ? true : undefined), { what: `end of pod ${name}`, timeoutMs });
    },
    event: (name, reason, timeoutMs = 30_000) =>
      waitFor(
        async () =>
          (await api.listEvents(ABORTABLE)).find((event) => event.reason === reason && event.involvedObject?.name === `${name}-${NODE}`),
        { what: `event ${reason} of pod ${name}`, timeoutMs },
      ),
    running,
    containerStatuses: async (pod) => {
      const { containers } = await bed.cri.runtime.listContainers({
        filter: { labelSelector: { 'io.kubernetes.pod.name': `${pod}-${NODE}` } },
      });
      const statuses = await Promise.all(containers.map(({ id }) => bed.cri.runtime.containerStatus({ containerId: id })));
      return statuses.flatMap(({ status }) => (status ? [status] : [])).sort((a, b) => Number(a.createdAt - b.createdAt));
    },
    log: async (pod, container = 'app') => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of api.readLog({ namespace: 'default', pod: `${pod}-${NODE}`, container }, {}, ABORTABLE))
          chunks.push(chunk);
      } catch {
        return '';
      }
      return Buffer.concat(chunks).toString();
    },
    exec: async (pod, script, container = 'app') => {
      const containerId = (await running()).get(`${pod}/${container}`);
      if (containerId === undefined) throw new Error(`no running container ${pod}/${container}`);
      const { stdout, stderr } = await bed.cri.runtime.execSync({ containerId, cmd: ['sh', '-c', script], timeout: 10n });
      return Buffer.concat([stdout, stderr]).toString();
    },
    [Symbol.asyncDispose]: async () => {
      await kubelet[Symbol.asyncDispose]();
      await bed[Symbol.asyncDispose]();
      if (transitions.errors.length > 0) throw new Error(`statuses changed as they never may:\n${transitions.errors.join('\n')}`);
    },
  };
};

/** Compares every status that a test ever sees with the one before. */
const watchTransitions = () => {
  const errors: string[] = [];
  let shown: ReadonlyMap<string, Pod> = new Map();
  const { lost, see } = lostContainers();
  return {
    errors,
    see: (pods: readonly Pod[]): void => {
      for (const pod of pods) {
        const before = shown.get(pod.metadata.uid);
        const [previous, next] = [before?.status, pod.status];
        if (next !== undefined) see(next);
        // A pod that was refused or ended by the node starts anew later, and so does one whose manifest comes back.
        if (previous === undefined || next === undefined || previous.startTime !== next.startTime) continue;
        // What the node itself refused, evicted or shut down says why, and comes back (docs/decisions/062, 126, 141).
        if (previous.phase === 'Failed' && previous.reason !== undefined) continue;
        // A container may have been started between two looks, before its Pod was to go.
        const { deletionTimestamp: _now, ...metadata } = pod.metadata;
        const judged = before?.metadata.deletionTimestamp === undefined ? { ...pod, metadata } : pod;
        errors.push(...statusTransitionErrors({ pod: judged, previous, next, lost }).map((error) => `${pod.metadata.name}: ${error}`));
      }
      shown = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    },
  };
};

export const isRunning = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' && pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

export const hasPhase =
  (phase: string) =>
  (pod: Pod): boolean =>
    pod.status?.phase === phase;

export const waitingFor =
  (reason: string) =>
  (pod: Pod): boolean =>
    [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].some(
      ({ state }) => state?.waiting?.reason === reason,
    );
