import { NamespaceMode, type PodSandboxStatusResponse } from '@solo-kubelet/cri-client';

/**
 * Path of a sandbox's network namespace, from the free-form `info` of a verbose status (containerd and CRI-O agree on `runtimeSpec`). None on the
 * host's network, where CRI-O names one all the same.
 */
export const netnsPathOf = ({ info, status }: PodSandboxStatusResponse): string | undefined => {
  if (status?.linux?.namespaces?.options?.network === NamespaceMode.NODE) return undefined;
  const text = info['info'];
  if (text === undefined) return undefined;
  try {
    const { runtimeSpec } = JSON.parse(text) as { runtimeSpec?: { linux?: { namespaces?: readonly { type?: string; path?: string }[] } } };
    return runtimeSpec?.linux?.namespaces?.find(({ type }) => type === 'network')?.path;
  } catch {
    return undefined;
  }
};
