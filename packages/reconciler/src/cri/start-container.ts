import { type ContainerConfig, ContainerState, type CriClient, type PodSandboxConfig } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { ImageFacts, PodEnvironment } from '@solo-kubelet/pod-environment';
import type { Limiter } from '@solo-kubelet/timers/turns';
import { uidOf } from '../core/pod-identity.js';
import type { ResourceAllocator } from '../resource-allocator.js';
import type { Reporting, StartContainerInput, StartOptions, StepResult } from '../runtime-port.js';
import { failureOf } from './environment-failure.js';
import { explainImageVolume } from './image-volume-failure.js';
import type { ImagePuller } from './images/image-puller.js';
import type { PodObserver } from './observe-pods.js';
import { OWNER_LABEL, POD_UID_LABEL } from './owner-label.js';
import { containerImage, volumeImages } from './pod-images.js';
import type { PodLogs } from './pod-logs.js';
import type { SandboxConfigs } from './sandbox-configs.js';

export interface StartDeps {
  readonly cri: CriClient;
  readonly environment: PodEnvironment;
  readonly owner: string;
  readonly resources: Pick<ResourceAllocator, 'beforeStart'> | undefined;
  readonly images: ImagePuller;
  readonly starts: Limiter;
  readonly observer: PodObserver;
  readonly configs: SandboxConfigs;
  readonly logs: PodLogs;
  readonly now: () => number;
}

type Started = StepResult<{ readonly containerId: string }>;

/** Pull, config, create, start, log link. Upstream: kuberuntime startContainer. */
export const startContainer = async (input: StartContainerInput, options: StartOptions, deps: StartDeps): Promise<Started> => {
  const { pod, container, sandboxAttempt } = input;
  const { signal, startSignal = signal, report } = options;
  const sandboxConfig = await deps.configs.of(pod, sandboxAttempt, options);
  const image = await deps.images.ensure({ ...containerImage(pod, container), sandboxConfig }, options);
  if (!image.ok) return image;
  const volumes = await pullImageVolumes(input, sandboxConfig, options, deps);
  if (!volumes.ok) return volumes;
  signal.throwIfAborted();
  const starting = { signal: startSignal, report };
  return deps.starts.run(() => createAndStart(input, image, volumes.imageVolumes, sandboxConfig, starting, deps), { signal });
};

/** Images that are mounted as volumes, by volume name. */
const pullImageVolumes = async (
  { pod, container }: StartContainerInput,
  sandboxConfig: PodSandboxConfig,
  options: Reporting,
  { images }: StartDeps,
): Promise<StepResult<{ readonly imageVolumes: ReadonlyMap<string, string> }>> => {
  const imageVolumes = new Map<string, string>();
  for (const { volume, image } of volumeImages(pod, container)) {
    const found = await images.ensure({ ...image, sandboxConfig }, options);
    if (!found.ok) return found;
    imageVolumes.set(volume.name, found.imageId);
  }
  return { ok: true, imageVolumes };
};

const createAndStart = async (
  input: StartContainerInput,
  image: ImageFacts,
  imageVolumes: ReadonlyMap<string, string>,
  sandboxConfig: PodSandboxConfig,
  { signal, report }: Reporting,
  deps: StartDeps,
): Promise<Started> => {
  const { pod, container, restartCount, podIps, targetContainerId } = input;
  const { cri, environment, owner, resources, observer, logs, now } = deps;
  const containerName = container.name;
  let config: ContainerConfig;
  try {
    await resources?.beforeStart(uidOf(pod), containerName, { signal });
    const prepared = await environment.prepareContainer(
      { pod, container, restartCount, podIps, image, imageVolumes, ...(targetContainerId !== undefined && { targetContainerId }) },
      { signal },
    );
    config = { ...prepared, labels: { ...prepared.labels, [OWNER_LABEL]: owner } };
    await makeLogDirectory(sandboxConfig, config, deps);
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error, 'CreateContainerConfigError', now());
  }

  const created = await create(input, config, sandboxConfig, signal, deps);
  if (!created.ok) return created;
  const { containerId } = created;
  observer.note(containerId, uidOf(pod));
  report({ type: 'containerCreated', containerName, containerId });
  try {
    await cri.runtime.startContainer({ containerId }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return { ...explainImageVolume(failureOf(error, 'RunContainerError'), config), containerId };
  }
  report({ type: 'containerStarted', containerName, containerId });
  const { name: podName, namespace } = pod.metadata;
  void logs.link({ podName, namespace, containerName, containerId, logPath: `${sandboxConfig.logDirectory}/${config.logPath}` });
  return { ok: true, containerId };
};

/** Upstream's words (kuberuntime generateContainerConfig). */
const makeLogDirectory = async (
  { logDirectory }: PodSandboxConfig,
  { metadata, logPath }: ContainerConfig,
  { logs }: StartDeps,
): Promise<void> => {
  if (logDirectory === '' || logPath === '') return;
  await logs.makeDirectory(`${logDirectory}/${logPath}`).catch((error: unknown) => {
    throw new Error(`create container log directory for container ${metadata?.name} failed: ${describeError(error)}`);
  });
};

const create = async (
  input: StartContainerInput,
  config: ContainerConfig,
  sandboxConfig: PodSandboxConfig,
  signal: AbortSignal,
  { cri, owner }: StartDeps,
): Promise<Started> => {
  const { pod, podSandboxId } = input;
  try {
    return { ok: true, ...(await cri.runtime.createContainer({ podSandboxId, config, sandboxConfig }, { signal })) };
  } catch (error) {
    signal.throwIfAborted();
    // The reply may have been lost: a container of this very attempt that was created and not yet started is the one.
    const labelSelector = { [OWNER_LABEL]: owner, [POD_UID_LABEL]: uidOf(pod) };
    const listed = await cri.lists.containers({ podSandboxId, labelSelector }, { signal }).catch(() => []);
    const made = listed.find(
      ({ metadata, state }) =>
        metadata?.name === config.metadata?.name &&
        metadata?.attempt === config.metadata?.attempt &&
        state === ContainerState.CONTAINER_CREATED,
    );
    return made === undefined ? explainImageVolume(failureOf(error, 'CreateContainerError'), config) : { ok: true, containerId: made.id };
  }
};
