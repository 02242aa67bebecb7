import type { CriClient } from './create-cri-client.js';
import { CriError } from './cri-error.js';
import type { CriCallOptions } from './service-client.js';

/** An id that no sandbox and no container has: those of runtimes are hexadecimal. */
const NOBODY = 'solo-kubelet-asks-whether-this-call-is-there';

/**
 * The calls that not every runtime has, each asked in a way that changes nothing: about nobody, or for a list. GetContainerEvents is not among them:
 * containerd 1.7 gives each event to one listener alone, and this one would take it from a kubelet.
 */
const OPTIONAL_CALLS: Readonly<Record<string, (cri: CriClient, options: CriCallOptions) => Promise<unknown>>> = {
  CheckpointContainer: ({ runtime }, o) => runtime.checkpointContainer({ containerId: NOBODY }, o),
  CheckpointPod: ({ runtime }, o) => runtime.checkpointPod({ podSandboxId: NOBODY, containerIds: [NOBODY] }, o),
  ListMetricDescriptors: ({ runtime }, o) => runtime.listMetricDescriptors({}, o),
  ListPodSandboxMetrics: ({ runtime }, o) => runtime.listPodSandboxMetrics({}, o),
  ListPodSandboxStats: ({ runtime }, o) => runtime.listPodSandboxStats({ filter: { id: NOBODY } }, o),
  PodSandboxStats: ({ runtime }, o) => runtime.podSandboxStats({ podSandboxId: NOBODY }, o),
  RestorePod: ({ runtime }, o) => runtime.restorePod({ checkpointPath: `/${NOBODY}` }, o),
  RuntimeConfig: ({ runtime }, o) => runtime.runtimeConfig({}, o),
  StreamContainerStats: ({ runtime }, o) => firstOf(runtime.streamContainerStats({ filter: { id: NOBODY } }, o)),
  StreamContainers: ({ runtime }, o) => firstOf(runtime.streamContainers({ filter: { id: NOBODY } }, o)),
  StreamImages: ({ images }, o) => firstOf(images.streamImages({ filter: { image: { image: NOBODY } } }, o)),
  StreamPodSandboxMetrics: ({ runtime }, o) => firstOf(runtime.streamPodSandboxMetrics({}, o)),
  StreamPodSandboxStats: ({ runtime }, o) => firstOf(runtime.streamPodSandboxStats({ filter: { id: NOBODY } }, o)),
  StreamPodSandboxes: ({ runtime }, o) => firstOf(runtime.streamPodSandboxes({ filter: { id: NOBODY } }, o)),
  UpdatePodSandboxResources: ({ runtime }, o) => runtime.updatePodSandboxResources({ podSandboxId: NOBODY }, o),
};

const firstOf = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const _reply of stream) return;
};

/**
 * The CRI calls of Kubernetes 1.37 that the runtime does not have, by name, sorted. Nothing of the runtime is changed.
 * @throws CriError of a runtime that cannot be reached; every other answer but UNIMPLEMENTED means that the call is there
 */
export const missingCalls = async (cri: CriClient, options: CriCallOptions = {}): Promise<readonly string[]> => {
  const missing: string[] = [];
  for (const [name, ask] of Object.entries(OPTIONAL_CALLS)) {
    try {
      await ask(cri, options);
    } catch (error) {
      if (!CriError.is(error) || error.code === 'CRI_UNAVAILABLE' || error.code === 'CRI_CANCELLED') throw error;
      if (saysUnimplemented(error)) missing.push(name);
    }
  }
  return missing;
};

/** Whether the runtime, or the part of it that was to answer, does not have a call. containerd passes on what its parts answered as an unknown error with the words of gRPC. */
export const saysUnimplemented = ({ code, details }: CriError): boolean =>
  code === 'CRI_UNIMPLEMENTED' || (code === 'CRI_UNKNOWN' && /code = Unimplemented|not implemented/i.test(details));
