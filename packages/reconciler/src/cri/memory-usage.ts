import { type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { MemoryUsage } from '../core/resize/check-memory.js';
import type { Abortable } from '../runtime-port.js';

/** Memory that a pod and containers of it use, page cache included. A container without figures is left out, and so is a pod. */
export const memoryUsage = async (
  cri: CriClient,
  { podSandboxId, containerIds }: { readonly podSandboxId: string; readonly containerIds: readonly string[] },
  { signal }: Abortable,
): Promise<MemoryUsage> => {
  const ofContainer = async (containerId: string): Promise<readonly (readonly [string, number])[]> => {
    const { stats } = await cri.runtime.containerStats({ containerId }, { signal });
    const bytes = stats?.memory?.usageBytes?.value;
    return bytes === undefined ? [] : [[containerId, Number(bytes)]];
  };
  const ofPod = async (): Promise<number | undefined> => {
    const { stats } = await cri.runtime.podSandboxStats({ podSandboxId }, { signal });
    const bytes = stats?.linux?.memory?.usageBytes?.value;
    return bytes === undefined ? undefined : Number(bytes);
  };
  const pod = ofPod().catch((error: unknown) => {
    signal.throwIfAborted();
    if (CriError.is(error) && error.code === 'CRI_UNIMPLEMENTED') return undefined; // its containers' figures have to do
    throw error;
  });
  const [podBytes, containers] = await Promise.all([pod, Promise.all(containerIds.map(ofContainer))]);
  return { ...(podBytes === undefined ? {} : { podBytes }), containers: new Map(containers.flat()) };
};
