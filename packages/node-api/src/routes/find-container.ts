import type { CriClient } from '@solo-kubelet/cri-client';
import { newestFirst } from '@solo-kubelet/cri-client/logs';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeView } from '../node-view.js';
import { HttpError } from '../server/http-error.js';

/** Values of CRI's ContainerState and PodSandboxState, which this package knows by number only (types of cri-client, no values). */
const CONTAINER_RUNNING = 1;
const CONTAINER_EXITED = 2;
const SANDBOX_READY = 0;

interface Named {
  readonly namespace: string;
  readonly pod: string;
  readonly uid?: string;
}

const podLabels = ({ namespace, pod, uid }: Named): Record<string, string> => ({
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.name': pod,
  ...(uid === undefined ? {} : { 'io.kubernetes.pod.uid': uid }),
});

/** The pod of that name (with the node suffix, as everywhere in the API). `why`: upstream's words where it does not name the pod. @throws HttpError 404 */
export const findPod = (view: NodeView, { namespace, pod, uid }: Named, why = `pod "${pod}" does not exist`): Pod => {
  const found = view.pods.list().find(({ metadata }) => metadata?.namespace === namespace && metadata.name === pod);
  if (!found || (uid !== undefined && found.metadata?.uid !== uid)) throw new HttpError(404, `${why}\n`);
  return found;
};

/**
 * Id of the newest running container of that name. `pod`: whose status says why one does not run.
 * @throws HttpError 500, with the status of upstream's kubelet, and in its words for one that the pod does not have
 */
export const findRunningContainer = async (
  cri: CriClient,
  named: Named & { readonly container: string },
  signal: AbortSignal,
  pod?: Pod,
): Promise<string> => {
  const newest = await newestContainer(cri, named, signal, ({ state }) => Number(state) === CONTAINER_RUNNING);
  if (!newest) throw new HttpError(500, `${whyNotRunning(pod, named.container) ?? `container not found ("${named.container}")`}\n`);
  return newest.id;
};

/** Why a container of a pod does not run, by its status; undefined where that does not know the container, or says that it runs. */
export const whyNotRunning = (pod: Pod | undefined, container: string): string | undefined => {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod?.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container);
  const { waiting, running, terminated } = status?.state ?? {};
  if (status === undefined || running !== undefined) return undefined;
  const state =
    terminated === undefined
      ? `it waits${waiting?.reason ? ` (${waiting.reason})` : ''}`
      : `it ended (${terminated.reason ? `${terminated.reason}, ` : ''}exit code ${terminated.exitCode ?? 0})`;
  return `container "${container}" does not run: ${state}`;
};

/**
 * The instance whose log is meant: the running one, else the last one that ended; with `previous` the one whose end the status tells as the last
 * (`lastEnded`), else the last that ended before.
 */
export const findLoggedContainer = async (
  cri: CriClient,
  named: Named & { readonly container: string; readonly previous: boolean; readonly lastEnded?: string | undefined },
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly running: boolean } | undefined> => {
  const { containers } = await listContainers(cri, named, signal);
  const sorted = newestFirst(containers);
  const running = sorted.find(({ state }) => Number(state) === CONTAINER_RUNNING);
  const ended = sorted.filter(({ state }) => Number(state) === CONTAINER_EXITED);
  if (named.previous) {
    const last = ended.find(({ id }) => id === named.lastEnded) ?? (running ? ended[0] : ended[1]);
    return last && { id: last.id, running: false };
  }
  const chosen = running ?? ended[0];
  return chosen && { id: chosen.id, running: chosen === running };
};

/** Id of the pod's ready sandbox. @throws HttpError 500, as upstream's kubelet */
export const findSandbox = async (cri: CriClient, named: Named, signal: AbortSignal): Promise<string> => {
  const { items } = await cri.runtime.listPodSandbox({ filter: { id: '', labelSelector: podLabels(named) } }, { signal });
  const [ready] = newestFirst(items.filter(({ state }) => Number(state) === SANDBOX_READY));
  if (!ready) throw new HttpError(500, `pod not found ("${named.pod}_${named.namespace}")\n`);
  return ready.id;
};

const listContainers = (cri: CriClient, named: Named & { readonly container: string }, signal: AbortSignal) =>
  cri.runtime.listContainers(
    { filter: { id: '', podSandboxId: '', labelSelector: { ...podLabels(named), 'io.kubernetes.container.name': named.container } } },
    { signal },
  );

const newestContainer = async (
  cri: CriClient,
  named: Named & { readonly container: string },
  signal: AbortSignal,
  wanted: (container: { readonly state: unknown }) => boolean,
) => {
  const { containers } = await listContainers(cri, named, signal);
  return newestFirst(containers.filter(wanted))[0];
};
