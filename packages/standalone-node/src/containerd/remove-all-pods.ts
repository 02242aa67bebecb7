import type { CriClient } from '@solo-kubelet/cri-client';

/** Stops and removes every sandbox of a runtime with all its containers. For runtimes that belong to the caller alone. */
export const removeAllPods = async (cri: CriClient, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> => {
  const { items } = await cri.runtime.listPodSandbox({}, { signal });
  await Promise.all(
    items.map(async ({ id }) => {
      await cri.runtime.stopPodSandbox({ podSandboxId: id }, { signal });
      await cri.runtime.removePodSandbox({ podSandboxId: id }, { signal });
    }),
  );
};
